"""Each service's schema belongs to a role that nobody signs in as; the service itself reads and writes rows, no more.

So whoever gets hold of a service's password can neither change a table, a trigger or a function, nor make any. The
migrations are applied here, before the services start, by the owner; a service finds them done. The embedded stack
calls `settle`; containers run `python -m shared.schema_owners [SERVICE …]` as the role `migrator`, which may become
every owner and has no other right, with PAYUNG_DATABASE.
"""

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import asyncpg

from shared.bus.principals import SERVICES
from shared.database import UNAVAILABLE, migrate_within

MIGRATIONS = Path(__file__).parents[1] / "services"

OWNED = """
revoke all on schema "{service}" from "{service}";
grant usage on schema "{service}" to "{service}";
grant select, insert, update, delete on all tables in schema "{service}" to "{service}";
grant usage, select, update on all sequences in schema "{service}" to "{service}";
alter default privileges for role "{owner}" grant select, insert, update, delete on tables to "{service}";
alter default privileges for role "{owner}" grant usage, select, update on sequences to "{service}";
"""


def owner_of(service: str) -> str:
    return f"{service}_owner"


async def settle(dsn: str, services: Sequence[str] = tuple(SERVICES)) -> None:
    """Give the schemas to their owners, bring them up to date, and grant the services rows; `dsn` the administrator's,
    or of a role that may become the owners, where they own the schemas already.

    All of it may be done again. Raises asyncpg.PostgresError.
    """
    db = await asyncpg.connect(dsn)
    try:
        for service in services:
            async with db.transaction():
                await _settle(db, service)
    finally:
        await db.close()


async def create_owner(db: asyncpg.Connection, service: str) -> None:
    """Make the owner's role unless it is there; it never signs in."""
    if not await db.fetchval("select true from pg_roles where rolname = $1", owner_of(service)):
        await db.execute(f'create role "{owner_of(service)}" nologin')


async def _settle(db: asyncpg.Connection, service: str) -> None:
    owner = owner_of(service)
    await create_owner(db, service)
    if await db.fetchval("select pg_has_role($1, 'usage')", service):
        await db.execute(f'reassign owned by "{service}" to "{owner}"')
    await db.execute(f'set local role "{owner}"; set local search_path = "{service}"')
    await migrate_within(db, MIGRATIONS / service / "migrations")
    await db.execute(OWNED.format(service=service, owner=owner))
    await db.execute("reset role")


def main(services: Sequence[str]) -> int:
    if unknown := set(services) - set(SERVICES):
        print(f"there is no service {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    try:
        asyncio.run(settle(os.environ["PAYUNG_DATABASE"], services or tuple(SERVICES)))
    except (asyncpg.PostgresError, *UNAVAILABLE) as problem:  # its text may hold values of rows
        print(f"the schemas could not be brought up to date: {type(problem).__name__}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
