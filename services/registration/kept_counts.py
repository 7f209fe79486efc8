"""What is counted over all rows of an agency is kept until somebody writes: pages are looked at more often."""

import asyncio
from collections.abc import Hashable
from datetime import datetime
from typing import Any, Final

import asyncpg

from services.registration.queries import queries
from shared.database import transaction

MOST_ROWS: Final = 20_000
"""Of all answers that are kept, each counted as one row more than it has: some ten megabytes."""

Asked = tuple[str, Hashable]
Kept = tuple[datetime, list[asyncpg.Record]]
"""When the writer had written last, and what the answer was then."""


class KeptCounts:
    """Asks `queries` whose answers follow from what the writer writes alone, each once while nothing is written.

    Every transaction of the writer moves the acceptance clock with what it writes. It is read before a query is asked,
    so an answer may be newer than the clock that it is kept with, never older.
    """

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._kept: dict[Asked, Kept] = {}
        self._size = 0
        self._asking: dict[tuple[datetime, Asked], asyncio.Task[list[asyncpg.Record]]] = {}
        """Questions under way: requests that come together ask once."""

    async def fetch(self, query: str, *arguments: Any) -> list[asyncpg.Record]:
        asked = query, tuple(tuple(each) if isinstance(each, list) else each for each in arguments)
        written_at: datetime = await self._pool.fetchval(queries["last_written"])
        known_at, rows = self._kept.get(asked, (None, []))
        if known_at == written_at:
            return rows
        key = written_at, asked
        if key not in self._asking:
            self._asking[key] = asyncio.create_task(self._ask(key, arguments))
        return await asyncio.shield(self._asking[key])

    async def _ask(self, key: tuple[datetime, Asked], arguments: tuple[Any, ...]) -> list[asyncpg.Record]:
        written_at, asked = key
        try:
            async with transaction(self._pool) as db:
                await db.execute(queries["plan_to_count"])
                rows = list(await db.fetch(queries[asked[0]], *arguments))
            self._keep(asked, written_at, rows)
            return rows
        finally:
            del self._asking[key]

    def _keep(self, asked: Asked, written_at: datetime, rows: list[asyncpg.Record]) -> None:
        """The answers that were asked for longest ago make room."""
        self._size -= _size(self._kept.pop(asked, None))
        self._kept[asked] = written_at, rows
        self._size += len(rows) + 1
        while self._size > MOST_ROWS:
            self._size -= _size(self._kept.pop(next(iter(self._kept))))


def _size(kept: Kept | None) -> int:
    return 0 if kept is None else len(kept[1]) + 1
