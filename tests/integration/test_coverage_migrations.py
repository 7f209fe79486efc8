"""Data of a database that was made under the former table names is kept under the names of today."""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import asyncpg
import pytest

from services.coverage.app import MIGRATIONS
from services.coverage.rollup import roll_up
from services.coverage.sums import cell_sums
from shared.database import connect, connection, migrate
from tests.stack import Database

BEFORE_RENAMING = ("0001_figures.sql", "0002_statements.sql")
EVERY_BIT = (1 << 31) - 1
CELL = 33 << 24 | 11 << 17
ROLLED_UP_SECOND, PENDING_SECOND = 1_700_000_000, 1_702_592_000
DAY = date(2021, 1, 1)

FORMER_ROWS = f"""
    insert into ledger values (nextval('batches'), {ROLLED_UP_SECOND}, {CELL}, '{DAY}', 3, 30, 1, 9, 20);
    insert into folded values ('{DAY}', {CELL}, {ROLLED_UP_SECOND // 2_592_000}, 3, 30, 1, 9, 20);
    insert into standing values ({CELL}, 3, 30, 1, 9, 20);
    update standing_day set day = '2026-01-01';
    insert into ledger values (nextval('batches'), {PENDING_SECOND}, {CELL}, '{DAY}', 1, 4, 0, 0, 4);
    insert into unfolded values (currval('batches'), 1);
    insert into heard values ('dinas', 'partners', 0, {PENDING_SECOND}, '2023-12-14', 2);
    insert into statements values ('s1');
"""


@pytest.fixture
async def pool(unmigrated: Database, tmp_path: Path) -> AsyncIterator[asyncpg.Pool]:
    """A pool on a database with the former tables and rows, migrated to the newest."""
    for name in BEFORE_RENAMING:
        (tmp_path / name).write_text((MIGRATIONS / name).read_text())
    pool = await connect(unmigrated.of("coverage"))
    await migrate(pool, tmp_path)
    async with connection(pool) as db:
        await db.execute(FORMER_ROWS)
    later = sorted(path.name for path in MIGRATIONS.glob("*.sql") if path.name not in BEFORE_RENAMING)
    assert await migrate(pool, MIGRATIONS) == later
    yield pool
    await pool.close()


async def test_figures_are_the_same_under_the_new_names_and_the_rollup_goes_on(pool: asyncpg.Pool) -> None:
    async with connection(pool) as db:
        expected = [(CELL, 4, 34, 1, 9, 24)]
        assert await cell_sums(db, EVERY_BIT, date(2026, 1, 2), None) == expected
        assert await cell_sums(db, EVERY_BIT, DAY, None) == expected
        assert await cell_sums(db, EVERY_BIT, DAY, ROLLED_UP_SECOND) == [(CELL, 3, 30, 1, 9, 20)]
        assert await roll_up(db, date(2026, 1, 2)) == 1
        assert await roll_up(db, date(2026, 1, 2)) == 0
        assert await cell_sums(db, EVERY_BIT, DAY, None) == expected
        assert await db.fetchval("select partners from current_totals") == 4


async def test_the_newest_events_and_the_ids_of_statements_are_kept(pool: asyncpg.Pool) -> None:
    async with connection(pool) as db:
        (seen,) = await db.fetch("table last_seen")
        assert tuple(seen) == ("dinas", "partners", 0, PENDING_SECOND, date(2023, 12, 14), 2)
        assert await db.fetchval("select event_id from statements") == "s1"


async def test_nothing_in_the_schema_carries_a_former_name(pool: asyncpg.Pool) -> None:
    async with connection(pool) as db:
        names = await db.fetch(
            "select relname::text as name from pg_class where relnamespace = current_schema()::regnamespace "
            "union select conname::text from pg_constraint where connamespace = current_schema()::regnamespace"
        )
    assert [row["name"] for row in names if row["name"].startswith(("unfolded", "folded", "standing", "heard"))] == []
    assert {"pending_batches_pkey", "rollup_pkey", "current_totals_pkey", "last_seen_pkey"} <= {
        r["name"] for r in names
    }
