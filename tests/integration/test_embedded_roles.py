"""The containers' roles script makes the same roles and schemas as the embedded stack; both run on a real server."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import asyncpg
import pytest

from deploy.local import databases, postgres
from deploy.local.directory import ROOT
from shared import schema_owners
from tests import stack

PASSWORDS = {role: f"pw-{role}'x" for role in (*postgres.SERVICES, "migrator")}


async def run_script(server: stack.Server) -> None:
    where = urlsplit(server.admin)
    environment = {
        **os.environ,
        "PATH": f"{Path(postgres.binary('psql')).parent}:{os.environ['PATH']}",
        "PGHOST": unquote(where.netloc.rpartition("@")[2].partition(":")[0]),
        "PGPORT": str(where.port),
        "PGPASSWORD": str(where.password),
        **{f"{role.upper()}_PASSWORD": password for role, password in PASSWORDS.items()},
    }
    admin = await asyncpg.connect(server.admin)
    await admin.execute("create database payung")
    await admin.close()
    for _ in range(2):
        script = await asyncio.create_subprocess_exec("bash", str(ROOT / "deploy/postgres/roles.sh"), env=environment)
        assert await script.wait() == 0
    await bring_up_to_date(server)


async def bring_up_to_date(server: stack.Server) -> None:
    """As the container `schemas` does, and the init containers of pods."""
    password = quote(PASSWORDS["migrator"])
    dsn = stack.over_tcp(server.admin.removesuffix("postgres") + "payung", "migrator")
    where = urlsplit(dsn)
    dsn = where._replace(netloc=f"migrator:{password}@{where.netloc.rpartition('@')[2]}").geturl()
    argv = [sys.executable, "-m", "shared.schema_owners"]
    for services in ([], ["coverage"]):
        run = await asyncio.create_subprocess_exec(
            *argv, *services, env={**os.environ, "PAYUNG_DATABASE": dsn}, cwd=ROOT
        )
        assert await run.wait() == 0


async def as_the_embedded_stack(server: stack.Server) -> None:
    await databases.create_database(server.admin)
    dsn = server.admin.removesuffix("postgres") + "payung"
    await databases.create_roles(dsn, {role: PASSWORDS[role] for role in postgres.SERVICES})
    await schema_owners.settle(dsn)


@pytest.fixture(params=[run_script, as_the_embedded_stack], scope="module")
async def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[stack.Server]:
    """A server with the database `payung`, made in either way."""
    made = stack.server(tmp_path_factory.mktemp("roles"), durable=False)
    await made.start()
    await request.param(made)
    yield made
    made.stop()


async def enter(server: stack.Server, database: str, role: str = "coverage") -> asyncpg.Connection:
    where = stack.over_tcp(server.admin.removesuffix("postgres") + database, role)
    return await asyncpg.connect(where, password=PASSWORDS[role])


async def test_a_service_has_the_rows_of_its_schema_and_no_rights_beside(server: stack.Server) -> None:
    service = await enter(server, "payung")
    await service.execute("insert into migrations (name) values ('x')")
    await service.execute("delete from migrations where name = 'x'")
    for statement in ("create table cells (a int)", "alter table keys add a int", "set role coverage_owner"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await service.execute(statement)
    for schema in ("registration", "public"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await service.execute(f"create table {schema}.mine (a int)")
    await service.close()


@pytest.mark.parametrize("role", postgres.SERVICES)
@pytest.mark.parametrize("database", ["postgres", "template1"])
async def test_a_service_enters_no_other_database(server: stack.Server, database: str, role: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied for database"):
        await enter(server, database, role)
