"""Dry runs: an upload is accepted as if it were meant, in a session whose changes nobody else sees, and leaves nothing.

The writer and its locks are not touched: each chunk is a transaction that may read everything and write temporary
tables alone, which PostgreSQL enforces. Later rows of the file find what earlier ones did.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from services.registration.identity.ids import Ids
from services.registration.identity.unit_of_work import UnitOfWork
from services.registration.queries import queries
from services.registration.vault import Vault
from services.registration.writer import meant_rows
from services.registration.writer.chunks import Chunk
from services.registration.writer.fitting import accept_what_fits
from shared.database import dedicated, encoding_checked, transaction
from shared.regions import Regions


class DryRuns:
    """Opens sessions for dry runs on the service's database."""

    def __init__(self, dsn: str, pool: asyncpg.Pool, vault: Vault, regions: Regions) -> None:
        self._dsn, self._pool, self._vault, self._regions, self._ids = dsn, pool, vault, regions, Ids()

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Callable[[Chunk], Awaitable[bool]]]:
        """What takes the chunks of one dry run in their order and keeps what it finds.

        Its answer is whether the import goes on. Raises one of UNAVAILABLE when the database is down.
        """
        async with dedicated(self._dsn) as db:
            await db.execute(queries["overlay_tables"])

            async def submit(chunk: Chunk) -> bool:
                return await self._take(db, chunk)

            yield submit

    async def _take(self, db: asyncpg.Connection, chunk: Chunk) -> bool:
        with encoding_checked():
            report, entries, leaving = await self._judge(db, chunk)
        async with transaction(self._pool) as own:
            if await own.fetchval(queries["import_due"], chunk.record["import_id"]) != chunk.at:
                return False
            await chunk.save(own, report, entries)
            if leaving is not None:
                await own.execute(queries["note_dry_leaving"], chunk.record["import_id"], *leaving)
        return True

    async def _judge(
        self, db: asyncpg.Connection, chunk: Chunk
    ) -> tuple[dict[str, Any], list[tuple[Any, ...]], asyncpg.Record | None]:
        """What the chunk would do, in the session alone: its report, its refused rows, and who would leave the list."""
        async with db.transaction(readonly=True):
            await db.execute(queries["plan_by_index"])
            now = await db.fetchval(queries["clock_now"])
            work = UnitOfWork(db, self._vault, self._regions, self._ids, now)
            report, entries = chunk.judged(*await accept_what_fits(work, chunk.orders()))
            await meant_rows.keep(work, chunk.record, chunk.reader, chunk.refused_rows)
            return report, entries, await _leaving(db, chunk)


async def _leaving(db: asyncpg.Connection, chunk: Chunk) -> asyncpg.Record | None:
    """How many partners a whole list would leave out, behind its last row; their refused rows without a match."""
    if not (chunk.last and chunk.record["replaces"]):
        return None
    of_list = chunk.record["import_id"], chunk.record["agency"], chunk.record["list"]
    return await db.fetchrow(queries["count_leaving"], *of_list)
