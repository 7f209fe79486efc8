"""Tables of counts that add up, over regions and over the values of their dimensions: which rows they have, and which
regions are suppressed for callers without the right `figures:detail`. Pure.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from services.coverage.disclosure import Tree, Vector, suppressed
from services.coverage.protection import above
from shared.regions import NATION, Regions

Combination = tuple[str | None, ...]


class Entry(NamedTuple):
    """Counts of a region itself, of any level, for these values of the dimensions."""

    region: str
    combination: Combination
    counts: Vector


def rows(
    entries: Iterable[Entry], codes: Sequence[str], dimensions: int, width: int
) -> dict[str, dict[Combination, Vector]]:
    """Region → combination of the dimensions' values → the sums of all that lies in it, for these regions.

    Of each the combinations that occur; one of nothing where none does.
    """
    sums: dict[str, dict[Combination, list[int]]] = {code: {} for code in codes}
    blank: Combination = (None,) * dimensions
    for each in entries:
        for outer in lies_in(each.region):
            if outer in sums:
                total = sums[outer].setdefault(each.combination, [0] * width)
                sums[outer][each.combination] = [a + b for a, b in zip(total, each.counts, strict=True)]
    return {code: _in_order(found) or {blank: (0,) * width} for code, found in sums.items()}


def lies_in(region: str) -> list[str]:
    """The region and all that it lies in; one that our edition does not have lies in its province and the nation."""
    regions = Regions.load()
    known = regions.get(region) or regions.get(region[:2])
    if known is None:
        return [NATION]
    codes = (known.code, known.parent, known.kanwil, NATION)
    return list(dict.fromkeys(code for code in codes if code is not None))


def _in_order(found: Mapping[Combination, Sequence[int]]) -> dict[Combination, Vector]:
    return {combination: tuple(found[combination]) for combination in sorted(found, key=_texts)}


def _texts(combination: Combination) -> list[str]:
    return [value or "" for value in combination]


def hidden(entries: Iterable[Entry], shown: Callable[[Vector], Vector]) -> set[str]:
    """The regions whose rows are suppressed, by the entries of the whole nation, split by one dimension or none; by
    more of them nothing is shown. `shown`: all that a row's counts tell, the differences between them included.

    What belongs to no regency (a briefing of a province) is a part of its region that has no row, so never shown alone.
    """
    table: dict[str, dict[Combination, Vector]] = defaultdict(dict)
    for each in entries:
        row, counts = table[_leaf(each.region)], shown(each.counts)
        former = row.get(each.combination, (0,) * len(counts))
        row[each.combination] = tuple(map(sum, zip(former, counts, strict=True)))
    tree = Tree.of(table)
    totals = {leaf: tuple(map(sum, zip(*row.values(), strict=True))) for leaf, row in table.items()}
    hidden_totals = suppressed(tree, totals)
    combinations = sorted({each for row in table.values() for each in row}, key=_texts)
    if not combinations or not combinations[0]:
        return hidden_totals
    if len(combinations[0]) > 1:
        return above(tree, totals)
    blank = (0,) * len(next(iter(totals.values())))
    splits = {
        leaf: (*totals[leaf], *(count for each in combinations for count in row.get(each, blank)))
        for leaf, row in table.items()
    }
    return suppressed(tree, splits, hidden_totals)


def _leaf(region: str) -> str:
    known = Regions.load().get(region)
    return region if known is None or known.level == "regency" else f"{region}.00"
