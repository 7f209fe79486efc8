"""A service's role reads and writes rows of its own schema: no tables, no other schema, no owner's rights."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from deploy.local.postgres import SERVICES
from services.registration.app import MIGRATIONS
from shared import schema_owners
from shared.database import connect, migrate
from tests.stack import Database

DDL = (
    "create table more (a int)",
    "alter table keys add column more int",
    "drop table keys",
    "truncate keys",
    "create function f() returns int language sql as 'select 1'",
    "create trigger t before insert on keys for each row execute function suppress_redundant_updates_trigger()",
    "create schema other",
    "set role {service}_owner",
)


@pytest.fixture
async def settled(database: Database) -> AsyncIterator[Database]:
    await schema_owners.settle(database.admin)
    yield database
    admin = await asyncpg.connect(database.admin)
    for service in SERVICES:  # the roles are the server's: other tests' databases are not to know of them
        await admin.execute(f'drop owned by "{service}_owner" cascade')
    await admin.close()


async def test_a_service_cannot_change_its_schema_nor_become_who_can(settled: Database) -> None:
    for service in SERVICES:
        db = await asyncpg.connect(settled.of(service))
        for statement in DDL:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await db.execute(statement.format(service=service))
        await db.execute("insert into migrations (name) values ('x')")
        await db.execute("delete from migrations where name = 'x'")
        for other in set(SERVICES) - {service}:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await db.fetch(f"select * from {other}.migrations")
        await db.close()


async def test_it_finds_its_migrations_done_and_settling_again_changes_nothing(settled: Database) -> None:
    await schema_owners.settle(settled.admin)
    pool = await connect(settled.of("registration"))
    assert await migrate(pool, MIGRATIONS) == []
    await pool.close()


async def test_a_database_in_which_services_own_their_schemas_is_taken_over_with_its_rows(database: Database) -> None:
    """As a directory of an earlier release."""
    pool = await connect(database.of("registration"))
    await migrate(pool, MIGRATIONS)
    await pool.execute("insert into agency (slug, name, regions, scopes) values ('dinas', 'Dinas', '{}', '{}')")
    await pool.close()
    await schema_owners.settle(database.admin)
    db = await asyncpg.connect(database.of("registration"))
    assert await db.fetchval("select name from agency") == "Dinas"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await db.execute("alter table agency add column more int")
    await db.close()
