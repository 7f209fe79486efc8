"""What a caller without the right `figures:detail` is shown of a series of months. Pure.

A month's row is suppressed where its last day's figures are, and where a small count moved since the month before,
which anybody can subtract. Decided month by month and by the whole nation, whatever months were asked for.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from hashlib import blake2b
from typing import Any, Final

import msgspec

from services.coverage import figures, protection, series
from services.coverage.disclosure import Tree, Vector, has_small, suppressed
from services.coverage.figures import Dimensions, Sum, Tally
from services.coverage.protection import regency_of
from services.coverage.series import Key, Loss
from shared.regions import NATION, Regions


@dataclass(frozen=True)
class End:
    """What is known of a month's last day: the figures of every regency, those of its rows, the counts that its split
    shows, and all counts."""

    totals: Mapping[str, Tally]
    rows: Mapping[Key, Tally]
    split: Mapping[str, Vector]
    counts: Mapping[str, Vector]

    @classmethod
    def of(cls, sums: Sequence[Sum], by: tuple[str, ...], dimensions: Dimensions) -> "End":
        totals = protection.by_regency(sums, dimensions)
        counts = {region: protection.rest(tally) for region, tally in totals.items()}
        if len(by) != 1:
            return cls(totals, {(region, ()): tally for region, tally in totals.items()}, {}, counts)
        split = protection.split(sums, by[0], dimensions, totals)
        rows = figures.tallies(sums, by, regency_of, dimensions)
        return cls(totals, rows, split, {region: (*counts[region], *shown) for region, shown in split.items()})


class _Decided(dict[tuple[Any, ...], frozenset[str]]):
    """What was decided of a month, by digests of all that decides it: every page goes through the same months, and
    those that have passed seldom change."""

    most: Final = 500
    """Up to 30 KB each."""

    def keep(self, key: tuple[Any, ...], regions: frozenset[str]) -> frozenset[str]:
        if len(self) >= self.most:
            self.clear()
        self[key] = regions
        return regions


_DECIDED = _Decided()


def suppressed_regions(
    sums: Sequence[Sequence[Sum]], losses: Sequence[Sequence[Loss]], by: tuple[str, ...], dimensions: Dimensions
) -> list[frozenset[str]]:
    """The regions suppressed in each month, by the nation's sums on the day before the first one and at each one's end,
    and by who was lost in each."""
    digests = [_digest(each) for each in sums]

    @cache
    def end(number: int) -> End:
        return End.of(sums[number], by, dimensions)

    found = []
    for number, moved in enumerate(losses):
        key = by, dimensions, digests[number], digests[number + 1], _digest(moved)
        decided = _DECIDED.get(key)
        if decided is None:
            decided = _DECIDED.keep(key, _suppressed(end(number), end(number + 1), moved, by, dimensions))
        found.append(decided)
    return found


def _digest(rows: Sequence[tuple[int, ...]]) -> bytes:
    return blake2b(msgspec.msgpack.encode(sorted(rows)), digest_size=16).digest()


def _suppressed(
    before: End, now: End, losses: Sequence[Loss], by: tuple[str, ...], dimensions: Dimensions
) -> frozenset[str]:
    tree = Tree.of(now.totals.keys() | before.totals.keys())
    if len(by) > 1:
        return frozenset(protection.above(tree, now.totals.keys() | before.totals.keys()))
    listed, enrolled = protection.of_totals(tree, now.totals)
    hidden = listed | enrolled | (suppressed(tree, now.split, enrolled) if by else set())
    hidden |= {code for code, counts in _movements(before, now, losses, by, dimensions) if has_small(counts)}
    return frozenset(hidden | suppressed(tree, _changes(before, now), hidden))


def _changes(before: End, now: End) -> dict[str, Vector]:
    """Regency → its counts, and what each of them changed by."""
    blank = (0,) * max(map(len, (*now.counts.values(), *before.counts.values())), default=0)
    found = {}
    for region in now.counts.keys() | before.counts.keys():
        counts, former = now.counts.get(region, blank), before.counts.get(region, blank)
        found[region] = (*counts, *(count - old for count, old in zip(counts, former, strict=True)))
    return found


def _movements(
    before: End, now: End, losses: Sequence[Loss], by: tuple[str, ...], dimensions: Dimensions
) -> Iterator[tuple[str, Vector]]:
    """The regions of every level that somebody left or came to, with who joined and who was lost in each row."""
    for above in _LEVELS:
        movements = series.movements(losses, by, partial(_region_of, above), dimensions)
        grown: dict[Key, int] = defaultdict(int)
        for end, sign in ((now, 1), (before, -1)):
            for (regency, combination), tally in end.rows.items():
                grown[above(regency), combination] += sign * tally.enrolled
        for key, movement in movements.items():
            lost = movement.lapsed + movement.changed
            yield key[0], (grown[key] + lost, lost, movement.lapsed, movement.changed)


def _region_of(above: Callable[[str], str], cell: int) -> str:
    return above(regency_of(cell))


def _province(regency: str) -> str:
    return regency[:2]


def _kanwil(regency: str) -> str:
    province = Regions.load().get(_province(regency))
    return (province and province.kanwil) or NATION


def _nation(_: str) -> str:
    return NATION


_LEVELS = (str, _province, _kanwil, _nation)
