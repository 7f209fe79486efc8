"""The database of a stack and the services' roles in it: each has its schema and nothing else."""

import asyncpg

from deploy.local.postgres import DATABASE


async def create_database(admin: str, name: str = DATABASE, template: str = "template0") -> None:
    """Create the database unless it is there; nobody may enter it, but who is granted it, nor those
    that every server has."""
    connection = await asyncpg.connect(admin)
    try:
        if not await connection.fetchval("select true from pg_database where datname = $1", name):
            await connection.execute(f'create database "{name}" template "{template}"')
        await connection.execute(f'revoke all on database "{name}", postgres, template1 from public')
    finally:
        await connection.close()


async def create_roles(dsn: str, passwords: dict[str, str]) -> None:
    """Give every service its role, its schema of the same name and nothing else; may be called again."""
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction():
            for role, password in passwords.items():
                await _create_role(connection, role, password)
    finally:
        await connection.close()


async def create_login(connection: asyncpg.Connection, role: str, password: str) -> None:
    """Make the role unless it is there, and give it this password."""
    quoted = await connection.fetchval("select quote_literal($1::text)", password)
    if not await connection.fetchval("select true from pg_roles where rolname = $1", role):
        await connection.execute(f'create role "{role}" login')
    await connection.execute(f'alter role "{role}" password {quoted}')


async def _create_role(connection: asyncpg.Connection, role: str, password: str) -> None:
    database = await connection.fetchval("select current_database()")
    await create_login(connection, role, password)
    await connection.execute(f'alter role "{role}" set search_path = "{role}"')
    await connection.execute(f'grant connect, temporary on database "{database}" to "{role}"')
    await connection.execute(f'create schema if not exists "{role}" authorization "{role}"')
