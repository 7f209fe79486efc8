"""The containers' roles script makes the same roles and schemas as the embedded stack; both run on a real server."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import asyncpg
import pytest

from deploy.local import databases, postgres
from deploy.local.directory import ROOT
from tests import stack

PASSWORDS = {role: f"pw-{role}'x" for role in postgres.SERVICES}


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
    script = await asyncio.create_subprocess_exec("bash", str(ROOT / "deploy/postgres/roles.sh"), env=environment)
    assert await script.wait() == 0


async def as_the_embedded_stack(server: stack.Server) -> None:
    await databases.create_database(server.admin)
    await databases.create_roles(server.admin.removesuffix("postgres") + "payung", PASSWORDS)


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


async def test_a_service_has_its_schema_and_no_rights_in_others(server: stack.Server) -> None:
    service = await enter(server, "payung")
    await service.execute("create table cells (a int)")
    assert await service.fetchval("select schemaname from pg_tables where tablename = 'cells'") == "coverage"
    for schema in ("registration", "public"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await service.execute(f"create table {schema}.mine (a int)")
    await service.close()


@pytest.mark.parametrize("role", postgres.SERVICES)
@pytest.mark.parametrize("database", ["postgres", "template1"])
async def test_a_service_enters_no_other_database(server: stack.Server, database: str, role: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied for database"):
        await enter(server, database, role)
