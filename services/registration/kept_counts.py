"""What is counted over all rows of an agency is kept until somebody writes: pages are looked at more often."""

import asyncio
from collections.abc import Hashable
from datetime import datetime
from typing import Any, Final

import asyncpg

from services.registration.queries import queries
from shared.database import transaction

MOST_KEPT: Final = 200
"""Answers, of MOST_ROWS rows at most each."""
MOST_ROWS: Final = 1_000

Asked = tuple[str, Hashable]


class KeptCounts:
    """Asks `queries` whose answers follow from what the writer writes alone, each once while nothing is written.

    Every transaction of the writer moves the acceptance clock with what it writes. It is read before a query is asked,
    so an answer may be newer than the clock that it is kept with, never older.
    """

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._kept: dict[Asked, tuple[datetime, list[asyncpg.Record]]] = {}
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
        self._kept.pop(asked, None)
        if len(rows) <= MOST_ROWS:
            self._kept[asked] = written_at, rows
        while len(self._kept) > MOST_KEPT:
            del self._kept[next(iter(self._kept))]
