"""Every night: whether the figures are what the newest timelines of all partners say.

The figures are sums that were added up batch by batch, in three tables. The timelines say the same another way: who
counts where on a day. What differs is named by its cell, in the log and by a metric. It needs no log of Kafka and takes
a second or two a million partners; whether the timelines themselves are what the log says shows
`./payung rebuild coverage --compare`.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

import asyncpg
import numpy as np

from services.coverage import cells
from services.coverage.ledger import MEASURES
from services.coverage.queries import queries
from services.coverage.stays import Array, Stays
from services.coverage.sums import cell_sums
from services.coverage.timelines import EPOCH
from shared.database import connection
from shared.jakarta import ZONE
from shared.observability import get_logger
from shared.part import Part

log = get_logger(__name__)

HOUR = 2
"""In Jakarta, when few ask."""
DAYS_AGO = (30, 365, 1826)
"""Also one that is counted from the first day on, not back from today."""
PAUSE_SECONDS = 600.0
AT_ONCE = 20_000
"""Timelines that are read together."""
MOST_NAMED = 50
"""Differences that are named in the log."""

EVERY_BIT = (1 << cells.CELL_BITS) - 1

Counts = tuple[int, ...]
"""Partners and workers, in all and by job level: `ledger.MEASURES`."""


class Difference(NamedTuple):
    """A cell of a day whose figure is not the sum of the timelines."""

    day: date
    cell: int
    figure: Counts
    timelines: Counts


async def differences(db: asyncpg.Connection, days: Sequence[date]) -> list[Difference]:
    """The cells that differ on these days, within the caller's repeatable-read transaction."""
    summed = await _of_timelines(db, days)
    found = []
    for day, expected in zip(days, summed, strict=True):
        figures = {each.cell: tuple(each[1:]) for each in await cell_sums(db, EVERY_BIT, day, None)}
        found += [
            Difference(day, cell, *both)
            for cell in sorted(figures.keys() | expected.keys())
            for both in ((figures.get(cell, _NOTHING), expected.get(cell, _NOTHING)),)
            if both[0] != both[1]
        ]
    return found


_NOTHING: Counts = (0,) * len(MEASURES)


async def _of_timelines(db: asyncpg.Connection, days: Sequence[date]) -> list[dict[int, Counts]]:
    """For each day: cell → who counts in it, by all timelines, which are read once."""
    numbers = [day.toordinal() - EPOCH for day in days]
    parts: list[list[tuple[Array, Array]]] = [[] for _ in days]
    cursor = await db.cursor(queries["timelines"])
    while rows := await cursor.fetch(AT_ONCE):
        counted = await asyncio.to_thread(_counting, [row[0] for row in rows], numbers)
        for own, part in zip(parts, counted, strict=True):
            own.append(part)
    return list(map(_summed, parts))


def _summed(parts: Sequence[tuple[Array, Array]]) -> dict[int, Counts]:
    if not parts:
        return {}
    cell, counts = _by_cell(*map(np.concatenate, zip(*parts, strict=True)))
    return {int(each): tuple(map(int, own)) for each, own in zip(cell, counts, strict=True)}


def _counting(timelines: list[bytes], days: Sequence[int]) -> list[tuple[Array, Array]]:
    """For each day: the cells in which these timelines count, and the sums of each."""
    stays = Stays.of(timelines).stays
    return [_counting_on(day, stays) for day in days]


def _counting_on(day: int, stays: Array) -> tuple[Array, Array]:
    stays = stays[(stays["start"] <= day) & (day < stays["until"])]
    counts = np.ones((len(stays), len(MEASURES)), "i8")
    for column, name in enumerate(MEASURES[1:], 1):
        counts[:, column] = stays[name]
    return _by_cell(stays["cell"], counts)


def _by_cell(cell: Array, counts: Array) -> tuple[Array, Array]:
    if not len(cell):
        return cell, counts
    order = np.argsort(cell, kind="stable")
    cell = cell[order]
    first = np.flatnonzero(np.append(True, cell[1:] != cell[:-1]))
    return cell[first], np.add.reduceat(counts[order], first)


class SelfCheck(Part):
    """Compares once a night, whichever instance comes first: today, and the days `DAYS_AGO`."""

    stalled_after = 7200.0

    def __init__(self, pool: asyncpg.Pool, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        super().__init__("self_check")
        self._pool, self._clock = pool, clock
        self.differences: int | None = None
        """What the newest comparison found; None: there was none yet."""
        self.checked_at: float | None = None
        """Seconds since 1970."""

    def detail(self) -> dict[str, Any]:
        return {"differences": self.differences}

    async def step(self) -> float:
        now = self._clock().astimezone(ZONE)
        if now.hour >= HOUR:
            await self._check(now)
        async with connection(self._pool) as db:
            newest = await db.fetchrow(queries["newest_self_check"])
        if newest is not None:
            self.differences, self.checked_at = newest["differences"], newest["checked_at"].timestamp()
        return PAUSE_SECONDS

    async def _check(self, now: datetime) -> None:
        async with connection(self._pool) as db, db.transaction(isolation="repeatable_read"):
            if not await db.fetchval(queries["begin_self_check"]):
                return
            if await db.fetchval(queries["self_checked"], now.date()):
                return
            found = await differences(db, [now.date() - timedelta(days) for days in (0, *DAYS_AGO)])
            await db.execute(queries["add_self_check"], now.date(), self._clock(), len(found))
        for each in found[:MOST_NAMED]:
            log.error(
                "a figure is not the sum of the partners' timelines",
                day=each.day.isoformat(),
                cell=" ".join(cells.words(each.cell)),
                figure=each.figure,
                timelines=each.timelines,
            )
        log.info("the figures were compared with the partners' timelines", differences=len(found))
