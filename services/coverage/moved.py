"""What moved the figures between two days, or between two times of knowledge: read from the movements."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg

from services.coverage import causes, cells
from services.coverage.disclosure import Tree, Vector, suppressed
from services.coverage.queries import queries
from services.coverage.selection import RegionOfCell, Selection
from services.coverage.sums import cell_sums
from shared.regions import NATION, Regions

SIDES = ("listed", "enrolled")
ALWAYS = date.min
"""Before every day."""
NOBODY_KNEW, ALL_KNOWN = 0, 10**11
"""Seconds before and after all knowledge."""

Counts = Mapping[tuple[str, str, int], int]
"""(region, side, cause) → how many more."""


@dataclass(frozen=True)
class Interval:
    """From the figures of `start` to those of `end`, which differ in `as_of` alone (`is_by_day`) or in `known_at`
    alone."""

    start: Selection
    end: Selection
    is_by_day: bool

    @property
    def causes(self) -> Mapping[str, tuple[str, ...]]:
        """Side → the names of the causes there can be."""
        return causes.BY_DAY if self.is_by_day else causes.BY_KNOWLEDGE

    @property
    def bounds(self) -> tuple[date, date, int, int]:
        """(after_day, day, after_second, second) of the movements between."""
        known_at = ALL_KNOWN if self.end.known_at is None else self.end.known_at
        if self.is_by_day:
            return self.start.as_of, self.end.as_of, NOBODY_KNEW, known_at
        return ALWAYS, self.end.as_of, self.start.known_at or NOBODY_KNEW, known_at

    def of(self, region: str, level: str) -> "Interval":
        """The same interval of other regions."""
        start, end = (replace(each, region=region, level=level) for each in (self.start, self.end))
        return Interval(start, end, self.is_by_day)

    @property
    def codes(self) -> list[int]:
        """The causes that move the figure of the region as a whole."""
        level = Regions.load()[self.end.region].level
        return [code for code in causes.NAMES if causes.counts_for(code, level)]


def places(selection: Selection) -> tuple[int, int, list[int] | None]:
    """(low, high, provinces) of the selection's region, as queries of movements take them."""
    provinces, regencies = selection.places
    if provinces is None:
        return 0, 1 << 20, None
    if regencies:
        return regencies[0], regencies[0], None
    return min(provinces) << 7, max(provinces) << 7 | 0x7F, provinces


async def totals(db: asyncpg.Connection, selection: Selection) -> dict[tuple[str, str], int]:
    """(region, side) → the figure."""
    mask = cells.MASKS["side"] | cells.MASKS["region"]
    region_of = RegionOfCell(selection)
    found: dict[tuple[str, str], int] = defaultdict(int)
    for each in await cell_sums(db, mask, selection.as_of, selection.known_at, *selection.places):
        found[region_of(each.cell), SIDES[cells.is_enrolled(each.cell)]] += each.partners
    return found


async def counts(db: asyncpg.Connection, interval: Interval) -> Counts:
    """What moved the figures of each region of the interval, by the codes of its causes."""
    query = queries["sums_by_day_cause" if interval.is_by_day else "sums_by_cause"]
    region_of = RegionOfCell(interval.end)
    found: dict[tuple[str, str, int], int] = defaultdict(int)
    for row in await db.fetch(query, *interval.bounds, *places(interval.end)):
        found[region_of(row["place"] << cells.REGENCY), SIDES[row["enrolled"]], row["cause"]] += row["partners"]
    return found


def rows(
    interval: Interval, start: Mapping[tuple[str, str], int], end: Mapping[tuple[str, str], int], found: Counts
) -> list[dict[str, Any]]:
    """A row for each region of the level: of each side the figure at the start, what each cause added or took away, and
    the figure at the end, which is their sum."""
    regions = Regions.load()
    named: dict[tuple[str, str, str], int] = defaultdict(int)
    for (region, side, cause), partners in found.items():
        known = regions.get(region)
        if known is not None and causes.counts_for(cause, known.level):
            named[region, side, causes.NAMES[cause]] += partners
    return [
        {
            "region": code,
            "name": regions[code].name,
            **{
                side: {
                    "start": start.get((code, side), 0),
                    "end": end.get((code, side), 0),
                    "causes": {name: named.get((code, side, name), 0) for name in interval.causes[side]},
                }
                for side in SIDES
            },
        }
        for code in regions.children(interval.end.region, interval.end.level)
    ]


async def partners(
    db: asyncpg.Connection, interval: Interval, agency: str | None, after: UUID | None, limit: int
) -> list[dict[str, Any]]:
    """The partners that moved the region's figures, by id: of each side the causes and how often.

    `agency`: only those that its lists name, or named when they moved; None: all. `after`: the last id before the page.
    """
    start = after or UUID(int=0)
    bounds = *interval.bounds, *places(interval.end), interval.codes, interval.is_by_day
    found: dict[UUID, dict[str, dict[str, int]]] = {}
    for row in await db.fetch(queries["moved_partners"], *bounds, agency, start, limit):
        sides = found.setdefault(row["partner_id"], {side: {} for side in SIDES})
        named = sides[SIDES[row["enrolled"]]]
        name = causes.NAMES[row["cause"]]
        named[name] = named.get(name, 0) + row["partners"]
    return [{"partner_id": str(partner), **sides} for partner, sides in found.items()]


# --- small counts ----------------------------------------------------------------------------------------------------


def hidden_regions(
    start: Mapping[tuple[str, str], int], end: Mapping[tuple[str, str], int], found: Counts, also: frozenset[str]
) -> set[str]:
    """The regions whose changes are suppressed, by those of every regency of the nation; `also`: whose figures are
    suppressed on one of the two sides anyway."""
    regencies = {region for region, _ in (*start, *end)} | {region for region, _, _ in found}
    codes = sorted(causes.NAMES)
    vectors: dict[str, Vector] = {}
    for region in regencies:
        vector: list[int] = []
        for side in SIDES:
            before, after = start.get((region, side), 0), end.get((region, side), 0)
            own = {code: found.get((region, side, code), 0) for code in codes}
            vector += [after, before, after - before, *own.values()]
            for first in (causes.MOVED_IN, causes.MOVED_OUT):
                far = [own[first + distance] for distance in range(3)]
                vector += [far[1] + far[2], sum(far)]
        vectors[region] = tuple(vector)
    return suppressed(Tree.of(regencies), vectors, also)


def without_figures(row: dict[str, Any]) -> dict[str, Any]:
    sides = {side: {"start": None, "end": None, "causes": dict.fromkeys(row[side]["causes"])} for side in SIDES}
    return row | sides | {"suppressed": True}


async def national(
    db: asyncpg.Connection, interval: Interval
) -> tuple[dict[tuple[str, str], int], dict[tuple[str, str], int], Counts]:
    """Of every regency: the figures at the start and at the end, and what moved them."""
    every = interval.of(NATION, "regency")
    return await totals(db, every.start), await totals(db, every.end), await counts(db, every)
