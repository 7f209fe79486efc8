"""Which regions changed: asked of the database once a second for all streams of a process together."""

import asyncio
import time
from collections import deque

import asyncpg

from services.coverage.queries import queries
from shared.database import UNAVAILABLE, connection

POLL_SECONDS = 1.0
LATE_BATCHES = 1_000
"""A batch may become visible after this many with higher numbers, and is found all the same."""


class ChangedRegions:
    """The changes that were found, for as long as a stream that is a little late needs them. Asks only when asked."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool, self._asking = pool, asyncio.Lock()
        self._asked_at: float | None = None
        self._batches: dict[int, list[str]] = {0: []}
        self._found: deque[list[str]] = deque(maxlen=LATE_BATCHES)
        self._count = 0

    async def position(self) -> int:
        """How many changes were found up to now."""
        await self._ask(0.0)
        return self._count

    async def after(self, position: int) -> tuple[int, list[str]]:
        """The regions that changed after a position, sorted, and the position to go on from."""
        await self._ask(POLL_SECONDS / 2)
        missed = min(self._count - position, len(self._found))
        changed = list(self._found)[len(self._found) - missed :]
        return self._count, sorted({region for regions in changed for region in regions})

    async def _ask(self, at_most_old: float) -> None:
        """Look for changes, unless another stream did so within these seconds."""
        async with self._asking:
            if self._asked_at is not None and time.monotonic() - self._asked_at < at_most_old:
                return
            fresh = await self._fresh()
            self._asked_at = time.monotonic()
            self._batches = dict(sorted({**self._batches, **fresh}.items())[-LATE_BATCHES:])
            self._found.extend(fresh.values())
            self._count += len(fresh)

    async def _fresh(self) -> dict[int, list[str]]:
        """The batches not found yet, with the regions that each one changed; none while the database is down."""
        try:
            async with connection(self._pool) as db:
                rows = await db.fetch(queries["changes"], min(self._batches), list(self._batches))
        except UNAVAILABLE:
            return {}
        return {row["batch"]: [f"{place >> 7:02}.{place & 0x7F:02}" for place in row["places"]] for row in rows}
