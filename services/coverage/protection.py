"""What a caller without the right `figures:detail` is shown of the figures and of the claims. Pure.

`disclosure` decides which regions are suppressed, always by the whole tree of regions, whatever part of it was asked
for: two questions together show no more than one. Here are the vectors of counts that it decides by, and the rows with
the suppressed figures left out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from services.coverage import boundaries, cells, denominators, figures
from services.coverage.disclosure import Tree, Vector, is_small, suppressed
from services.coverage.figures import JOB_LEVELS, Dimensions, Sum, Tally
from shared.regions import Regions

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

    def hides_progress(self, region: str, *counts: int) -> bool:
        """Whether a target's progress is suppressed, which is made of these counts."""
        return region in self.enrolled or any(map(is_small, counts))

    def of_former(self) -> "Protection":
        """The same with the provinces of before 2022, each of which is suppressed with any of today's in it: their sum
        would give that one away."""
        return Protection(*(with_former(each) for each in (self.listed, self.enrolled, self.split, self.kinds)))

    def is_split_suppressed(self, region: str) -> bool:
        return region in self.split


def with_former(regions: frozenset[str]) -> frozenset[str]:
    """These suppressed regions and the provinces of before 2022 that any of them lies in."""
    return regions | {code for code, inside in boundaries.FORMER.items() if regions & set(inside)}


def protection(
    sums: Sequence[Sum], by: tuple[str, ...], dimensions: Dimensions, whole: Protection | None = None
) -> Protection:
    """By the sums of the whole nation for every regency, on the day and by the knowledge that were asked for; `whole`:
    the same without a split, if it is known."""
    totals = by_regency(sums, dimensions)
    tree = Tree.of(totals)
    if whole is None:
        listed, enrolled = of_totals(tree, totals)
        kinds = suppressed(tree, split(sums, "kind", dimensions, totals), enrolled)
        whole = Protection(frozenset(listed), frozenset(enrolled), frozenset(), frozenset(kinds))
    return replace(whole, split=frozenset(_suppressed_split(sums, by, dimensions, totals, tree, whole)))


def of_totals(tree: Tree, totals: Mapping[str, Tally]) -> tuple[set[str], set[str]]:
    """The regions whose `listed` is suppressed, and those whose other figures are, by the figures of every regency."""
    listed = suppressed(tree, {region: (tally.listed,) for region, tally in totals.items()}, positive=True)
    return listed, suppressed(tree, {region: rest(tally) for region, tally in totals.items()}, listed)


def part_protection(
    part: Sequence[Sum], channel: Sequence[Sum], sums: Sequence[Sum], by: tuple[str, ...], dimensions: Dimensions
) -> Protection:
    """For the figures of some partners among all, a cooperative's members: those of all others may not follow either.

    Which partners are meant is a dimension by itself, so nothing is shown that is split by another one. A region
    without any of them shows zeros.
    """
    whole = protection(sums, (), dimensions)
    totals, members, through = (by_regency(each, dimensions) for each in (sums, part, channel))
    vectors: dict[str, Vector] = {}
    for region in members.keys() | through.keys():
        total, own, enrolled = (found.get(region) or Tally() for found in (totals, members, through))
        shown = (*rest(own), enrolled.enrolled, *enrolled.enrolled_workers)
        of_all = (*rest(total), total.enrolled, *total.enrolled_workers)
        if any(shown):
            vectors[region] = (*shown, *(all_of - own_of for all_of, own_of in zip(of_all, shown, strict=True)))
    tree = Tree.of(vectors)
    hidden = frozenset(suppressed(tree, vectors, whole.listed | whole.enrolled))
    return Protection(hidden, hidden, frozenset(above(tree, vectors)) if by else frozenset(), hidden)


def by_regency(sums: Sequence[Sum], dimensions: Dimensions) -> dict[str, Tally]:
    return {region: tally for (region, _), tally in figures.tallies(sums, (), regency_of, dimensions).items()}


def _suppressed_split(
    sums: Sequence[Sum],
    by: tuple[str, ...],
    dimensions: Dimensions,
    totals: Mapping[str, Tally],
    tree: Tree,
    whole: Protection,
) -> Iterable[str]:
    """Of two dimensions and more nothing is shown: together with other answers they could give a count away."""
    match by:
        case ():
            return ()
        case ("job_level",):  # the same numbers as the workers' levels beside the totals
            return whole.enrolled
        case ("kind",):
            return whole.kinds
        case (dimension,):
            return suppressed(tree, split(sums, dimension, dimensions, totals), whole.enrolled)
        case _:
            return above(tree, [region for region, tally in totals.items() if tally.listed or tally.enrolled])


def above(tree: Tree, regions: Iterable[str]) -> set[str]:
    """These regions and all that they lie in."""
    found = set(regions)
    parents = {child: parent for parent, children in tree.children.items() for child in children}
    for region in regions:
        while region in parents:
            region = parents[region]
            found.add(region)
    return found


def regency_of(cell: int) -> str:
    province, regency = cells.place(cell)
    return f"{province:02}.{regency:02}"


def rest(tally: Tally) -> Vector:
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


def split(
    sums: Sequence[Sum], dimension: str, dimensions: Dimensions, totals: Mapping[str, Tally]
) -> dict[str, Vector]:
    """Regency → the counts of every value of the dimension, side by side, and the differences that they show."""
    tallies = figures.tallies(sums, (dimension,), regency_of, dimensions)
    programmes = _of_programmes(sums, dimensions, totals) if dimension == "completeness" else {}
    found: dict[str, Vector] = {}
    for region, total in totals.items():
        parts = [tallies.get((region, (value,))) or Tally() for value in dimensions.values(dimension)]
        vector = _counts(total)
        for part in parts:
            vector += (*_counts(part), *part.listed_workers, *part.enrolled_workers)
        if dimension in ("programme", "completeness"):  # they overlap: the holders of one are among those of another
            for one, other in combinations((total, *parts, *(programmes[region] if programmes else ())), 2):
                vector += (one.listed - other.listed, one.enrolled - other.enrolled)
        if dimension == "kind":
            micro = total.numerators["micro_business"]
            vector += (micro, total.numerators["business"] - micro)
        found[region] = vector
    return found


def _of_programmes(sums: Sequence[Sum], dimensions: Dimensions, totals: Mapping[str, Tally]) -> dict[str, list[Tally]]:
    """Regency → the holders of each programme, which another question may show beside those of all."""
    tallies = figures.tallies(sums, ("programme",), regency_of, dimensions)
    return {region: [tallies.get((region, (name,))) or Tally() for name in dimensions.programmes] for region in totals}


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
    if hides_rates:
        changed["denominators"] = [denominators.without_rate(each) for each in row["denominators"]]
    hides_any = changed["denominators"] != row["denominators"] or any(
        each["progress"] is None for each in row["targets"]
    )
    return changed | ({"suppressed": True} if hides_rest or hides_any else {})


def without_numbers(workers: dict[str, Any]) -> dict[str, Any]:
    levels = {name: dict.fromkeys(sides) for name, sides in workers["by_level"].items()}
    return {"listed": None, "unknown": None, "enrolled": None, "by_level": levels}


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
    return above(tree, regencies) if len(by) > 1 else suppressed(tree, splits, hidden)
