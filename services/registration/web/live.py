"""Uploads that go on, as browsers watch them: one look at the database a second, however many pages are open."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from typing import Final
from uuid import UUID

import asyncpg

from services.registration.queries import queries
from shared.database import UNAVAILABLE
from shared.observability import get_logger

log = get_logger(__name__)

ASKED_EVERY: Final = 1.0
"""Seconds."""

Look = dict[UUID, asyncpg.Record | None]
"""What one look at the database found of the uploads that it was for."""


class ImportWatch:
    """Looks at the uploads that somebody watches, while there is anybody, and holds no connection in between."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._watched: Counter[UUID] = Counter()
        self._next: asyncio.Future[Look] | None = None
        self._looking: asyncio.Task[None] | None = None

    async def of(self, import_id: UUID) -> AsyncGenerator[asyncpg.Record | None, None]:
        """The upload as each look finds it: None where it is gone or the database is away."""
        self._watched[import_id] += 1
        if self._looking is None or self._looking.done():
            self._next = asyncio.get_running_loop().create_future()
            self._looking = asyncio.create_task(self._look_on())
        try:
            while True:
                assert self._next is not None
                found = await asyncio.shield(self._next)
                if import_id in found:  # else the look had begun before
                    yield found[import_id]
        finally:
            self._watched[import_id] -= 1
            if not self._watched[import_id]:
                del self._watched[import_id]

    async def _look_on(self) -> None:
        while self._watched:
            found = await self._look()
            seen, self._next = self._next, asyncio.get_running_loop().create_future()
            assert seen is not None
            seen.set_result(found)
            await asyncio.sleep(ASKED_EVERY)

    async def _look(self) -> Look:
        found: Look = dict.fromkeys(self._watched)
        try:
            records = await self._pool.fetch(queries["imports_watched"], list(found))
        except UNAVAILABLE as problem:
            log.warning("uploads cannot be watched at the moment", problem=type(problem).__name__)
            return found
        return found | {record["import_id"]: record for record in records}
