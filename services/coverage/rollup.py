"""Rolls the ledger up into its sums in the background, so that figures stay quick however long the ledger grows.

A batch only appends; nobody waits for anybody. The rollup takes complete batches, adds their sums and removes them from
`pending_batches`, in one transaction: every question counts each batch exactly once. At midnight in Jakarta it advances
the current totals by a day, when future periods begin and end.
"""

import time
from collections.abc import Callable
from datetime import date
from typing import Any

import asyncpg

from services.coverage.queries import queries
from shared.database import connection
from shared.jakarta import today
from shared.part import Part

SLICE_ROWS = 200_000
"""The rows rolled up in one transaction."""
PAUSE_SECONDS, QUIET_PAUSE_SECONDS = 0.5, 1.0
PAUSE_FACTOR = 2
"""A pause lasts so many times as long as the slice before it."""
BACKLOG_ROWS = 10_000
QUIET_SECONDS = 2.0
"""So many new rows between two checks mean that consumers work off a backlog. The rollup keeps out of their way until
it was quiet for so long: figures are right without it, only slower to ask for …"""
MOST_PENDING_ROWS = 3_000_000
"""… and no slower than this many rows make them."""
IDLE_SECONDS = 30.0
"""While nothing is pending and the day stays the same, it is enough to look so often."""


async def roll_up(db: asyncpg.Connection, day: date, slice_rows: int = SLICE_ROWS) -> int:
    """Roll up one slice of the pending batches, after advancing the current totals to `day`; how many batches it were.

    Does nothing while somebody else is rolling up.
    """
    async with db.transaction():
        if not await db.fetchval(queries["try_rollup_lock"]):
            return 0
        if day > await db.fetchval(queries["current_day"]):
            await db.execute(queries["advance_current_totals"], day)
            await db.execute(queries["advance_current_sources"], day)
            await db.execute(queries["set_current_day"], day)
        batches = [row["batch"] for row in await db.fetch(queries["batches_to_roll_up"], slice_rows)]
        if batches:
            await db.execute(queries["roll_up"], batches, batches[0], batches[-1])
            await db.execute(queries["roll_up_movements"], batches, batches[0], batches[-1])
            await db.execute(queries["add_to_current_totals"], batches, batches[0], batches[-1])
            await db.execute(queries["add_to_current_sources"], batches, batches[0], batches[-1])
            await db.execute(queries["close_batches"], batches)
            await db.execute(queries["expire_changes"])
    return len(batches)


class Rollup(Part):
    """Rolls up for as long as the service runs."""

    stalled_after = 300.0

    def __init__(self, pool: asyncpg.Pool, *, clock: Callable[[], date] = today) -> None:
        super().__init__("rollup")
        self._pool = pool
        self._clock = clock
        self._rolled_up = 0
        self._pending_rows = 0
        self._backlog_seen_at = -QUIET_SECONDS
        self._day: date | None = None
        self._looked_at = 0.0
        """For which day, and when, was last looked whether the current totals are to be advanced."""
        self.pending_batches = 0
        """Batches that only the ledger holds yet."""

    def detail(self) -> dict[str, Any]:
        return {"rolled_up_batches": self._rolled_up}

    async def step(self) -> float:
        began = time.monotonic()
        await self.roll_up_when_quiet()
        return max(
            PAUSE_SECONDS if self.pending_batches else QUIET_PAUSE_SECONDS, PAUSE_FACTOR * (time.monotonic() - began)
        )

    async def roll_up_when_quiet(self) -> None:
        """Roll up a slice, unless consumers work off a backlog."""
        async with connection(self._pool) as db:
            if await self._should_wait(db):
                return
            day, now = self._clock(), time.monotonic()
            if not self.pending_batches and day == self._day and now - self._looked_at < IDLE_SECONDS:
                return
            self._day, self._looked_at = day, now
            if batches := await roll_up(db, day):
                self._rolled_up += batches
                self._pending_rows = await self._count_pending(db)

    async def _should_wait(self, db: asyncpg.Connection) -> bool:
        before, self._pending_rows = self._pending_rows, await self._count_pending(db)
        if self._pending_rows - before > BACKLOG_ROWS:
            self._backlog_seen_at = time.monotonic()
        was_quiet = time.monotonic() - self._backlog_seen_at >= QUIET_SECONDS
        return not was_quiet and self._pending_rows < MOST_PENDING_ROWS

    async def _count_pending(self, db: asyncpg.Connection) -> int:
        """The rows of the ledger that are not rolled up yet."""
        ((self.pending_batches, rows),) = await db.fetch(queries["pending_counts"])
        return int(rows)
