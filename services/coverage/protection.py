"""What a caller without the right `figures:detail` is shown of the figures and of the claims. Pure.

`disclosure` decides which regions are suppressed, always by the whole tree of regions, whatever part of it was asked
for: two questions together show no more than one. Here are the vectors of counts that it decides by, and the rows with
the suppressed figures left out.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from services.coverage import cells, figures, series
from services.coverage.disclosure import Tree, Vector, has_small, is_small, suppressed
from services.coverage.figures import JOB_LEVELS, Dimensions, Sum, Tally
from services.coverage.series import Loss
from shared.regions import NATION, Regions

DETAIL = "figures:detail"
"""The scope that is shown everything; the administrator has it."""


@dataclass(frozen=True)
class Protection:
    """Which regions' figures are suppressed: `listed` all of them, `enrolled` all but `listed`; `split` the rows of the
    dimensions asked for, `kinds` the rates of denominators, which are of one kind of partner."""

    listed: frozenset[str]
    enrolled: frozenset[str]
    split: frozenset[str]
    kinds: frozenset[str]

    def is_split_suppressed(self, region: str) -> bool:
        return region in self.split


def protection(sums: Sequence[Sum], by: tuple[str, ...], dimensions: Dimensions) -> Protection:
    """By the sums of the whole nation for every regency, on the day and by the knowledge that were asked for."""
    totals = _by_regency(sums, dimensions)
    tree = Tree.of(totals)
    listed = suppressed(tree, {region: (tally.listed,) for region, tally in totals.items()}, positive=True)
    enrolled = suppressed(tree, {region: _rest(tally) for region, tally in totals.items()}, listed)
    kinds = suppressed(tree, _split(sums, "kind", dimensions, totals), enrolled)
    return Protection(
        frozenset(listed),
        frozenset(enrolled),
        frozenset(_suppressed_split(sums, by, dimensions, totals, tree, enrolled, kinds)),
        frozenset(kinds),
    )


def part_protection(
    part: Sequence[Sum], channel: Sequence[Sum], sums: Sequence[Sum], by: tuple[str, ...], dimensions: Dimensions
) -> Protection:
    """For the figures of some partners among all, a cooperative's members: those of all others may not follow either.

    Which partners are meant is a dimension by itself, so nothing is shown that is split by another one. A region
    without any of them shows zeros.
    """
    whole = protection(sums, (), dimensions)
    totals, members, through = (_by_regency(each, dimensions) for each in (sums, part, channel))
    vectors: dict[str, Vector] = {}
    for region in members.keys() | through.keys():
        total, own, enrolled = (found.get(region) or Tally() for found in (totals, members, through))
        shown = (*_rest(own), enrolled.enrolled, *enrolled.enrolled_workers)
        of_all = (*_rest(total), total.enrolled, *total.enrolled_workers)
        if any(shown):
            vectors[region] = (*shown, *(all_of - own_of for all_of, own_of in zip(of_all, shown, strict=True)))
    tree = Tree.of(vectors)
    hidden = frozenset(suppressed(tree, vectors, whole.listed | whole.enrolled))
    return Protection(hidden, hidden, frozenset(_above(tree, vectors)) if by else frozenset(), hidden)


def month_protection(
    month: Sequence[Sum], before: Sequence[Sum], losses: Sequence[Loss], by: tuple[str, ...], dimensions: Dimensions
) -> frozenset[str]:
    """The regions whose row of a month is suppressed: as on its last day, or where a small count moved since the month
    before, which anybody can subtract."""
    rules = protection(month, by, dimensions)
    hidden = rules.listed | rules.enrolled | (rules.split if by else frozenset())
    hidden |= {code for code, counts in _movements(month, before, losses, by, dimensions) if has_small(counts)}
    now, then = (_vectors(each, by, dimensions) for each in (month, before))
    blank = (0,) * max(map(len, (*now.values(), *then.values())), default=0)
    vectors = {}
    for region in now.keys() | then.keys():
        counts, former = now.get(region, blank), then.get(region, blank)
        vectors[region] = (*counts, *(count - old for count, old in zip(counts, former, strict=True)))
    return hidden | suppressed(Tree.of(vectors), vectors, hidden)


def _vectors(sums: Sequence[Sum], by: tuple[str, ...], dimensions: Dimensions) -> dict[str, Vector]:
    totals = _by_regency(sums, dimensions)
    whole = {region: _rest(tally) for region, tally in totals.items()}
    if len(by) != 1:
        return whole
    return {region: (*whole[region], *split) for region, split in _split(sums, by[0], dimensions, totals).items()}


def _movements(
    month: Sequence[Sum], before: Sequence[Sum], losses: Sequence[Loss], by: tuple[str, ...], dimensions: Dimensions
) -> Iterator[tuple[str, Vector]]:
    """The regions of every level that somebody left or came to, with who joined and who was lost in each row."""
    if not losses:
        return
    for region_of in (_regency, lambda cell: f"{cells.place(cell)[0]:02}", _kanwil, lambda _: NATION):
        tallies = [figures.tallies(sums, by, region_of, dimensions) for sums in (month, before)]
        found = series.movements(losses, by, region_of, dimensions)
        for key, movement in found.items():
            now, then = (each[key].enrolled if key in each else 0 for each in tallies)
            lost = movement.lapsed + movement.changed
            yield key[0], (now - then, now - then + lost, lost, movement.lapsed, movement.changed)


def _kanwil(cell: int) -> str:
    province = Regions.load().get(f"{cells.place(cell)[0]:02}")
    return (province and province.kanwil) or NATION


def _by_regency(sums: Sequence[Sum], dimensions: Dimensions) -> dict[str, Tally]:
    return {region: tally for (region, _), tally in figures.tallies(sums, (), _regency, dimensions).items()}


def _suppressed_split(
    sums: Sequence[Sum],
    by: tuple[str, ...],
    dimensions: Dimensions,
    totals: Mapping[str, Tally],
    tree: Tree,
    enrolled: set[str],
    kinds: set[str],
) -> set[str]:
    """Of two dimensions and more nothing is shown: together with other answers they could give a count away."""
    match by:
        case ():
            return set()
        case ("job_level",):  # the same numbers as the workers' levels beside the totals
            return enrolled
        case ("kind",):
            return kinds
        case (dimension,):
            return suppressed(tree, _split(sums, dimension, dimensions, totals), enrolled)
        case _:
            return _above(tree, [region for region, tally in totals.items() if tally.listed or tally.enrolled])


def _above(tree: Tree, regions: Iterable[str]) -> set[str]:
    """These regions and all that they lie in."""
    found = set(regions)
    parents = {child: parent for parent, children in tree.children.items() for child in children}
    for region in regions:
        while region in parents:
            region = parents[region]
            found.add(region)
    return found


def _regency(cell: int) -> str:
    province, regency = cells.place(cell)
    return f"{province:02}.{regency:02}"


def _rest(tally: Tally) -> Vector:
    """All that the row of a whole region shows beside `listed`, and what can be subtracted from it."""
    levels = [(tally.listed_workers[index], tally.enrolled_workers[index]) for index in range(1, len(JOB_LEVELS) + 1)]
    return (
        *_counts(tally),
        *tally.listed_workers,
        *tally.enrolled_workers,
        *(listed - enrolled for listed, enrolled in levels),
        tally.listed_workers[0] - sum(listed for listed, _ in levels),
        tally.enrolled_workers[0] - sum(enrolled for _, enrolled in levels),
    )


def _counts(tally: Tally) -> Vector:
    sized = tally.listed - tally.size_unknown
    return tally.listed, tally.enrolled, tally.listed - tally.enrolled, tally.size_unknown, sized


def _split(
    sums: Sequence[Sum], dimension: str, dimensions: Dimensions, totals: Mapping[str, Tally]
) -> dict[str, Vector]:
    """Regency → the counts of every value of the dimension, side by side, and the differences that they show."""
    tallies = figures.tallies(sums, (dimension,), _regency, dimensions)
    found: dict[str, Vector] = {}
    for region, total in totals.items():
        parts = [tallies.get((region, (value,))) or Tally() for value in dimensions.values(dimension)]
        vector = _counts(total)
        for part in parts:
            vector += (*_counts(part), *part.listed_workers, *part.enrolled_workers)
        if dimension == "programme":  # programmes overlap: the holders of one are among those of another
            for one, other in combinations((total, *parts), 2):
                vector += (one.listed - other.listed, one.enrolled - other.enrolled)
        if dimension == "kind":
            micro = total.numerators["micro_business"]
            vector += (micro, total.numerators["business"] - micro)
        found[region] = vector
    return found


# --- the rows without what is suppressed -----------------------------------------------------------------------------


def protected_row(row: dict[str, Any], by: tuple[str, ...], rules: Protection) -> dict[str, Any]:
    """The row with null for each suppressed figure, and then `suppressed`: true."""
    region = row["region"]
    hides_all = region in (rules.split if by else rules.listed)
    hides_rest = hides_all or (not by and region in rules.enrolled)
    changed = dict(row)
    if hides_rest:
        changed |= {"enrolled": None, "unregistered": None, "rate": None, "workers": without_numbers(row["workers"])}
    if hides_all:
        changed["listed"] = None
    if hides_rest and "through" in row:
        changed["through"] = dict.fromkeys(row["through"])
    hides_rates = hides_rest or region in rules.kinds
    if hides_rates and row["denominators"]:
        changed["denominators"] = [_without_rate(each) for each in row["denominators"]]
    target = row["target"]
    hides_progress = target is not None and (region in rules.enrolled or is_small(target["progress"]))
    if hides_progress:
        changed["target"] = target | {"progress": None, "rate": None}
    hides_a_rate = hides_rates and any(each["rate"] is not None for each in row["denominators"])
    return changed | ({"suppressed": True} if hides_rest or hides_a_rate or hides_progress else {})


def without_numbers(workers: dict[str, Any]) -> dict[str, Any]:
    levels = {name: dict.fromkeys(sides) for name, sides in workers["by_level"].items()}
    return {"listed": None, "unknown": None, "enrolled": None, "by_level": levels}


def _without_rate(each: dict[str, Any]) -> dict[str, Any]:
    """Without the flag too that compares the published figure with the enrolled."""
    return each | {"rate": None, "flags": [flag for flag in each["flags"] if flag != "implausible"]}


# --- claims ----------------------------------------------------------------------------------------------------------

ClaimCounts = Mapping[tuple[str, str | None, str], int]
"""(regency, value of the dimension or None, status) → how many claims."""


def suppressed_claims(counts: ClaimCounts, statuses: Sequence[str], by: tuple[str, ...]) -> set[str]:
    """The regions whose claims are suppressed, for rows split by `by`; `counts` are of the first of these dimensions.

    Claims of a regency that our edition does not have count nowhere.
    """
    regencies = {region for region, _, _ in counts if Regions.load().regencies(region) == [region]}
    tree = Tree.of(regencies)
    totals: dict[str, Vector] = {}
    splits: dict[str, Vector] = {}
    values = sorted({value for _, value, _ in counts}, key=lambda value: value or "")
    for region in regencies:
        table = [[counts.get((region, value, status), 0) for status in statuses] for value in values]
        total = [sum(column) for column in zip(*table, strict=True)]
        totals[region] = (sum(total), *total)
        splits[region] = (sum(total), *(count for line in table for count in (sum(line), *line)))
    hidden = suppressed(tree, totals)
    if not by:
        return hidden
    return _above(tree, regencies) if len(by) > 1 else suppressed(tree, splits, hidden)
