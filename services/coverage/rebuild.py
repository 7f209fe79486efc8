"""Recomputes the figures from the log beside the live ones: to compare them, or to replace them.

The same handlers apply the same records, from the first offset on, in a schema of their own; the live service keeps
running. `python -m services.coverage.rebuild [--compare]` with PAYUNG_DATABASE (the administrator's) and
PAYUNG_KAFKA. Exit code 1: there are differences.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import asyncpg
from aiokafka.errors import KafkaError

from services.coverage import cells
from services.coverage.app import HANDLERS, MIGRATIONS
from services.coverage.queries import rebuild_queries as queries
from services.coverage.replay import LogLacks, Offsets, Replay, Report
from services.coverage.rollup import roll_up
from shared.database import UNAVAILABLE, connect, connection, migrate
from shared.jakarta import today

SCHEMA = "coverage_rebuild"
FIGURES = [topic for topic in HANDLERS if topic != "access"]


@dataclass(frozen=True)
class Difference:
    """A value on the live side and as recomputed from the log; `where` in words."""

    table: str
    where: str
    live: str
    rebuilt: str


async def compare(database: str, kafka: str, *, prefix: str = "", report: Report = print) -> list[Difference]:
    """Every difference between the live figures and those recomputed up to the same offsets; should be none."""
    async with _beside(database) as (admin, pool):
        offsets = await _snapshot(admin)
        report(f"comparing at {sum(offsets.values()):,} records")
        async with Replay(pool, kafka, FIGURES, prefix=prefix) as replay:
            await replay.up_to(offsets, report)
        return await _differences(admin)


async def swap(database: str, kafka: str, *, prefix: str = "", report: Report = print) -> int:
    """Recompute everything and replace the live side with it; the number of records that were read."""
    async with _beside(database) as (admin, pool), Replay(pool, kafka, list(HANDLERS), prefix=prefix) as replay:
        await replay.up_to(await replay.ends(), report)
        await _roll_up(pool)
        await replay.up_to(await replay.ends(), report)
        async with admin.transaction():
            await admin.execute(queries["block_live_batches"])
            await replay.up_to(await _live_offsets(admin, list(HANDLERS)), report)
            positions = sorted(replay.positions().items())
            await admin.execute(
                queries["store_positions"],
                [topic for (topic, _), _ in positions],
                [partition for (_, partition), _ in positions],
                [offset for _, offset in positions],
            )
            await admin.execute(queries["swap_schemas"])
        return sum(offset for _, offset in positions)


async def _roll_up(pool: asyncpg.Pool) -> None:
    """Roll up what was applied, so that the rebuilt side answers as quickly as the one it replaces."""
    async with connection(pool) as db:
        while await roll_up(db, today()):
            pass


@asynccontextmanager
async def _beside(database: str) -> AsyncIterator[tuple[asyncpg.Connection, asyncpg.Pool]]:
    """An administrator's connection and a pool on the schema beside the live one, which is gone afterwards."""
    admin = await asyncpg.connect(database)
    try:
        if not await admin.fetchval(queries["try_rebuild_lock"]):
            raise AlreadyRunning
        await admin.execute(queries["create_schema"])
        joint = "&" if "?" in database else "?"
        owner = await admin.fetchval(queries["owner"])
        pool = await connect(f"{database}{joint}role={owner}&search_path={SCHEMA}", max_size=2)
        try:
            await migrate(pool, MIGRATIONS)
            yield admin, pool
        finally:
            await pool.close()
            await admin.execute(queries["drop_schemas"])
    finally:
        await admin.close()


class AlreadyRunning(Exception):
    """Another rebuild is running."""

    def __str__(self) -> str:
        return "another rebuild is running"


TROUBLE = (AlreadyRunning, LogLacks, KafkaError, asyncpg.PostgresError, *UNAVAILABLE)
"""What may end a rebuild; the live side is unchanged then."""


async def _snapshot(admin: asyncpg.Connection) -> Offsets:
    async with admin.transaction(isolation="repeatable_read"):
        offsets = await _live_offsets(admin, FIGURES)
        await admin.execute(queries["snapshot"])
    return offsets


async def _live_offsets(admin: asyncpg.Connection, topics: list[str]) -> Offsets:
    rows = await admin.fetch(queries["live_offsets"], topics)
    return {(row["topic"], row["partition"]): row["next_offset"] for row in rows}


async def _differences(admin: asyncpg.Connection) -> list[Difference]:
    found = []
    for table in ("ledger", "rollup", "current_totals"):
        for row in await admin.fetch(queries[f"compare_{table}"]):
            found.append(Difference(table, _where(row), _numbers(row["live"]), _numbers(row["rebuilt"])))
    for row in await admin.fetch(queries["compare_other_tables"]):
        if row["count"]:
            found.append(Difference(row["table_name"], "", f"{row['count']} rows", "differ"))
    return found


def _where(row: asyncpg.Record) -> str:
    words = cells.words(row["cell"])
    words += [f"from {row['day']}"] if row["day"] else []
    words += [f"recorded {datetime.fromtimestamp(row['recorded'], UTC):%Y-%m-%dT%H:%M:%SZ}"] if row["recorded"] else []
    return " ".join(words)


def _numbers(values: list[int]) -> str:
    """Partners, workers (management, staff, labour)."""
    return f"{values[0]:+} partners, {values[1]:+} workers ({', '.join(f'{value:+}' for value in values[2:])})"


async def main(arguments: list[str]) -> int:
    database, kafka = os.environ["PAYUNG_DATABASE"], os.environ["PAYUNG_KAFKA"]
    prefix = os.environ.get("PAYUNG_TOPIC_PREFIX", "")
    if "--compare" not in arguments:
        print(f"rebuilt from {await swap(database, kafka, prefix=prefix):,} records and swapped in")
        return 0
    differences = await compare(database, kafka, prefix=prefix)
    for each in differences:
        print(f"{each.table}: {each.where}: live {each.live}, rebuilt {each.rebuilt}")
    print(f"{len(differences)} differences")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
