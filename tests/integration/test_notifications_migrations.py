"""A database of an earlier version gets the newest names, and all its rows stay."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace

import asyncpg
import pytest

from services.notifications import app
from services.notifications.erasure import dead_letters_of_erased
from services.notifications.queries import queries
from shared.database import connect, connection, migrate
from tests.integration.notifications_world import partner_id
from tests.stack import Database

ROWS = f"""
insert into partners (partner_id, version, status, region, kind, listed_known_at, applied_at, agencies)
    values ('{partner_id(1)}', 3, 'active', '36.71', 'business', now(), now(), '{{a,b}}');
insert into contacts (partner_id, version, name, email, recorded_at)
    values ('{partner_id(1)}', 2, 'Usaha Misal', 'a@example.com', now());
insert into opt_outs values ('{partner_id(2)}', now(), 'by phone');
insert into schedule (partner_id, state, why, due_at, attempts)
    values ('{partner_id(1)}', 'scheduled', 'Not registered.', now(), 1);
insert into history (partner_id, kind, episode, step, template, channel, message_id, outcome, started_at)
    values ('{partner_id(1)}', 'reminder', '2026-11-23', 1, 'first', 'log', 'reminder-1', 'sent', now());
insert into erased_contacts values ('{partner_id(2)}', 1, now());
insert into letters_to_forget values ('{partner_id(2)}');
insert into applied (policy) values ('1/log');
"""
RENAMED = {"letters_to_forget": "dead_letters_to_erase", "applied": "applied_policy"}


@pytest.fixture
async def pool(unmigrated: Database) -> AsyncIterator[asyncpg.Pool]:
    made = await connect(unmigrated.of("notifications"), min_size=1, max_size=2)
    yield made
    await made.close()


async def rows_by_table(pool: asyncpg.Pool) -> dict[str, list[tuple[object, ...]]]:
    tables = await pool.fetch("select tablename from pg_tables where schemaname = current_schema() order by 1")
    names = [row["tablename"] for row in tables if row["tablename"] != "migrations"]
    return {name: [tuple(row) for row in await pool.fetch(f"select * from {name}")] for name in names}


async def test_a_database_of_before_the_plain_names_keeps_its_rows(pool: asyncpg.Pool, tmp_path: Path) -> None:
    for script in sorted(app.MIGRATIONS.glob("000[123]_*.sql")):
        shutil.copy(script, tmp_path)
    assert len(await migrate(pool, tmp_path)) >= 3
    await pool.execute(ROWS)
    before = await rows_by_table(pool)
    assert all(before[name] for name in ("partners", "contacts", "schedule", "history", *RENAMED))
    plain_names = app.MIGRATIONS / "0004_plain_names.sql"
    shutil.copy(plain_names, tmp_path)
    assert await migrate(pool, tmp_path) == [plain_names.name]
    assert await rows_by_table(pool) == {RENAMED.get(name, name): rows for name, rows in before.items()}
    assert (await migrate(pool, app.MIGRATIONS))[0] == "0005_narrow_rows.sql"
    assert await pool.fetch("select state, attempts, due_at is null from schedule") == [("scheduled", 1, False)]
    async with connection(pool) as db:
        assert await db.fetchval(queries["applied_policy"]) == "1/log"
        is_erased = await dead_letters_of_erased(db)
        assert is_erased is not None
        of_each = [SimpleNamespace(key=partner_id(number)) for number in (1, 2)]
        assert [is_erased(dead_letter) for dead_letter in of_each] == [False, True]  # type: ignore[arg-type]
        assert await dead_letters_of_erased(db) is None, "the note is taken"
