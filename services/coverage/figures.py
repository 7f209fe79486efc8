"""From the sums of cells to the rows of an answer. Pure.

`listed` means, by dimension: a programme's are those eligible for it (JP is not open to individuals, so neither are all
four); a segment's are
those enrolled in it and the unregistered who would belong to it (individuals BPU, all others PU), since nobody's
segment is known before the enrolment; a job level's are workers, not partners.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any, NamedTuple

from services.coverage import cells

JOB_LEVELS = ("management", "staff", "labour")
DIMENSIONS = ("programme", "completeness", "segment", "kind", "scale", "job_level", "occupation")

ALL_FOUR = frozenset(("JKK", "JKM", "JHT", "JP"))
BASIC = frozenset(("JKK", "JKM"))
MANDATORY = {"small": BASIC | {"JHT"}, "medium": ALL_FOUR, "large": ALL_FOUR}
"""What an employer of this scale must have; others and the self-employed must have BASIC (Perpres 109/2013)."""
COMPLETENESS = ("mandatory", "all_four")
"""Having all programmes that one must have; and all four that there are for employees. Who has all four has both."""

Combination = tuple[str, ...]


class Sum(NamedTuple):
    """What counts in a cell on the day asked for."""

    cell: int
    partners: int
    workers: int
    management: int
    staff: int
    labour: int


@dataclass(slots=True)
class Tally:
    """The figures of one row; `numerators` are the enrolled that published denominators are divided by."""

    listed: int = 0
    enrolled: int = 0
    size_unknown: int = 0
    listed_workers: list[int] = field(default_factory=lambda: [0, 0, 0, 0])
    enrolled_workers: list[int] = field(default_factory=lambda: [0, 0, 0, 0])
    numerators: dict[str, int] = field(default_factory=lambda: defaultdict(int))


class Dimensions(NamedTuple):
    """The values of each dimension; `programmes` are those that the figures show, in their order."""

    programmes: tuple[str, ...]

    def programmes_open_to(self, kind: str) -> list[str]:
        return [name for name in self.programmes if kind != "individual" or name not in ("JP", "JKP")]

    def values(self, dimension: str) -> tuple[str, ...]:
        """All values of a dimension, in the order of the rows."""
        every = {
            "programme": self.programmes,
            "completeness": COMPLETENESS,
            "segment": cells.SEGMENTS,
            "kind": cells.KINDS,
            "scale": cells.SCALES,
            "job_level": JOB_LEVELS,
            "occupation": cells.OCCUPATIONS,
        }
        return every[dimension]


def mask(by: Iterable[str], by_regency: bool) -> int:
    """The bits of a cell that these dimensions need; kind and scale always, for eligibility and denominators."""
    names = {"side", "unknown", "kind", "scale", "region" if by_regency else "province", *by}
    if "completeness" in names:
        names |= {"programme", "segment"}
    names -= {"job_level", "completeness"}
    return sum(cells.MASKS[name] for name in names)


def tallies(
    sums: Iterable[Sum], by: tuple[str, ...], region_of: Callable[[int], str], dimensions: Dimensions
) -> dict[tuple[str, Combination], Tally]:
    """(region, combination of the dimensions' values) → its figures."""
    found: dict[tuple[str, Combination], Tally] = defaultdict(Tally)
    for each in sums:
        region = region_of(each.cell)
        for combination in combinations_of(each.cell, by, dimensions):
            _count(found[region, combination], each, _weight(each, by, combination))
        if "segment" in by and "job_level" not in by and cells.is_enrolled(each.cell):
            for combination, sign in _segment_corrections(each.cell, by, dimensions):
                found[region, combination].listed += sign * each.partners
    return found


def combinations_of(cell: int, by: tuple[str, ...], dimensions: Dimensions) -> Iterator[Combination]:
    """The combinations of the dimensions' values that the cell counts in."""
    return product(*(_values(cell, dimension, dimensions) for dimension in by))


def _values(cell: int, dimension: str, dimensions: Dimensions) -> Iterable[str]:
    match dimension:
        case "programme" if cells.is_enrolled(cell):
            return [name for name in cells.programmes(cell) if name in dimensions.programmes]
        case "programme":
            return dimensions.programmes_open_to(cells.kind(cell))
        case "completeness" if cells.is_enrolled(cell):
            return completeness(cells.programmes(cell), cells.scale(cell), cells.segment(cell))
        case "completeness":
            return completeness_open_to(cells.kind(cell))
        case "segment":
            return (cells.segment(cell) if cells.is_enrolled(cell) else expected_segment(cells.kind(cell)),)
        case "kind":
            return (cells.kind(cell),)
        case "scale":
            return (cells.scale(cell),)
        case "occupation":
            return (cells.occupation(cell),)
        case _:
            return JOB_LEVELS


def completeness(programmes: Iterable[str], scale: str, segment: str) -> list[str]:
    """Which of COMPLETENESS somebody has who is enrolled in these programmes."""
    held = frozenset(programmes)
    must = MANDATORY.get(scale, BASIC) if segment == "PU" else BASIC
    return [name for name, wanted in zip(COMPLETENESS, (must, ALL_FOUR), strict=True) if wanted <= held]


def completeness_open_to(kind: str) -> tuple[str, ...]:
    """JP is not open to individuals, so they cannot have all four."""
    return COMPLETENESS if kind != "individual" else COMPLETENESS[:1]


def expected_segment(kind: str) -> str:
    """The segment of a partner that is not enrolled yet."""
    return "BPU" if kind == "individual" else "PU"


def _segment_corrections(cell: int, by: tuple[str, ...], dimensions: Dimensions) -> Iterator[tuple[Combination, int]]:
    """(combination, what to add to its `listed`) for an enrolled partner in another segment than the expected one.

    It is listed in the segment it is enrolled in, not in the one expected of it.
    """
    kind, segment = cells.kind(cell), cells.segment(cell)
    expected = expected_segment(kind)
    if segment == expected:
        return
    for name, sign in ((segment, 1), (expected, -1)):
        changed: dict[str, Iterable[str]] = {"segment": (name,), "programme": dimensions.programmes_open_to(kind)}
        changed["completeness"] = completeness_open_to(kind)
        for combination in product(*(changed.get(d) or _values(cell, d, dimensions) for d in by)):
            yield combination, sign


def _weight(each: Sum, by: tuple[str, ...], combination: Combination) -> int:
    if "job_level" not in by:
        return each.partners
    return each[2 + 1 + JOB_LEVELS.index(combination[by.index("job_level")])]


def _count(tally: Tally, each: Sum, weight: int) -> None:
    enrolled = cells.is_enrolled(each.cell)
    workers = tally.enrolled_workers if enrolled else tally.listed_workers
    for index in range(4):
        workers[index] += each[2 + index]
    if not enrolled:
        tally.listed += weight
        tally.size_unknown += each.partners if cells.is_size_unknown(each.cell) else 0
        return
    tally.enrolled += weight
    kind = cells.kind(each.cell)
    tally.numerators[kind] += each.partners
    tally.numerators["workers"] += each.workers
    if kind == "business" and cells.scale(each.cell) in ("micro", "unknown"):
        tally.numerators["micro_business"] += each.partners


def combinations(
    by: tuple[str, ...],
    found: Iterable[tuple[str, Combination]],
    regions: Sequence[str],
    dimensions: Dimensions,
    max_rows: int = 20_000,
) -> dict[str, list[Combination]]:
    """The combinations each region has a row for: all, or only those that occur in it where all would be too many rows.

    At least one, so that every region has a row.
    """
    every = list(product(*(dimensions.values(dimension) for dimension in by)))
    if len(every) * len(regions) <= max_rows:
        return dict.fromkeys(regions, every)
    order = {combination: number for number, combination in enumerate(every)}
    occurring: dict[str, list[Combination]] = defaultdict(list)
    for region, combination in found:
        occurring[region].append(combination)
    return {region: sorted(occurring[region], key=order.__getitem__) or every[:1] for region in regions}


def row(tally: Tally, by: tuple[str, ...] = ()) -> dict[str, Any]:
    """One row's figures as the contract names them; `rate` is null where nobody is listed.

    Not every list gives its workers' job levels: where more are enrolled than listed, or no list gives the level,
    `unregistered` and `rate` are unknown, so null.
    """
    comparable = tally.enrolled <= tally.listed and (tally.listed > 0 or "job_level" not in by)
    levels = {
        name: {"listed": tally.listed_workers[index], "enrolled": tally.enrolled_workers[index]}
        for index, name in enumerate(JOB_LEVELS, 1)
    }
    return {
        "listed": tally.listed,
        "enrolled": tally.enrolled,
        "unregistered": tally.listed - tally.enrolled if comparable else None,
        "rate": rate(tally.enrolled, tally.listed) if comparable else None,
        "workers": {
            "listed": tally.listed_workers[0],
            "unknown": tally.size_unknown,
            "enrolled": tally.enrolled_workers[0],
            "by_level": levels,
        },
    }


def rate(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None
