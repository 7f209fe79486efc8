"""Folds the ledger into its sums in the background, so that figures stay quick however long the ledger grows.

A batch only appends; nobody waits for anybody. The folder takes batches that are complete, adds their sums and strikes
them from `unfolded`, in one transaction: every question sees each batch exactly once. At midnight in Jakarta it moves
the standing sums on by a day, when future periods begin and end.
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
"""The rows folded in one transaction."""
PAUSE_SECONDS = 0.5
PAUSES = 2
"""A pause lasts so many times what the slice before it took."""
RUSH_ROWS = 10_000
CALM_SECONDS = 2.0
"""So many new rows between two looks say that consumers work off a backlog. Folding keeps out of their way until it was
calm for so long: figures are right without it, only slower to ask for …"""
MOST_UNFOLDED_ROWS = 3_000_000
"""… and no slower than this many rows make them."""


async def fold(db: asyncpg.Connection, day: date, slice_rows: int = SLICE_ROWS) -> int:
    """Fold one slice of the unfolded batches, after moving the standing sums on to `day`; the batches folded.

    Does nothing while another folder is at it.
    """
    async with db.transaction():
        if not await db.fetchval("select pg_try_advisory_xact_lock(hashtext(current_schema() || '/folding'))"):
            return 0
        if day > await db.fetchval("select day from standing_day"):
            await db.execute(queries["advance_standing"], day)
            await db.execute("update standing_day set day = $1", day)
        batches = [row["batch"] for row in await db.fetch(queries["due_to_fold"], slice_rows)]
        if batches:
            await db.execute(queries["fold"], batches, batches[0], batches[-1])
            await db.execute(queries["fold_standing"], batches, batches[0], batches[-1])
            await db.execute(queries["close_batches"], batches)
            await db.execute(queries["forget_changes"])
    return len(batches)


class Folder(Part):
    """Folds for as long as the service runs."""

    stalled_after = 300.0

    def __init__(self, pool: asyncpg.Pool, *, clock: Callable[[], date] = today) -> None:
        super().__init__("folder")
        self._pool = pool
        self._clock = clock
        self._folded = 0
        self._rows = 0
        self._rushed_at = -CALM_SECONDS
        self.unfolded = 0
        """Batches that only the ledger holds yet."""

    def detail(self) -> dict[str, Any]:
        return {"folded_batches": self._folded}

    async def step(self) -> float:
        began = time.monotonic()
        await self.look()
        return max(PAUSE_SECONDS, PAUSES * (time.monotonic() - began))

    async def look(self) -> None:
        """Fold a slice, unless consumers are in a rush."""
        async with connection(self._pool) as db:
            rows = await self._count(db)
            if rows - self._rows > RUSH_ROWS:
                self._rushed_at = time.monotonic()
            self._rows = rows
            if rows < MOST_UNFOLDED_ROWS and time.monotonic() - self._rushed_at < CALM_SECONDS:
                return
            if folded := await fold(db, self._clock()):
                self._folded += folded
                self._rows = await self._count(db)

    async def _count(self, db: asyncpg.Connection) -> int:
        """The rows of the ledger that no sum holds yet."""
        ((self.unfolded, rows),) = await db.fetch(queries["unfolded"])
        return int(rows)
