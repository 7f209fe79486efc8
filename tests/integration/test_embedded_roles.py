"""The containers' roles script makes the same roles and schemas as the embedded stack; run on a real server."""

import asyncio
import os
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from deploy.local import postgres
from deploy.local.directory import ROOT
from tests import stack


async def test_the_script_gives_every_service_its_role_and_schema(tmp_path: Path) -> None:
    server = stack.server(tmp_path, durable=False)
    await server.start()
    await postgres.create_database(server.admin, template="template1")
    try:
        await run_script(server)
        where = server.admin.removesuffix("postgres") + "payung"
        service = await asyncpg.connect(where, user="coverage", password="pw-coverage'x")
        await service.execute("create table cells (a int)")
        assert await service.fetchval("select schemaname from pg_tables where tablename = 'cells'") == "coverage"
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await service.execute("create table registration.mine (a int)")
        await service.close()
    finally:
        server.stop()


async def run_script(server: stack.Server) -> None:
    where = urlsplit(server.admin)
    environment = {
        **os.environ,
        "PATH": f"{Path(postgres.binary('psql')).parent}:{os.environ['PATH']}",
        "PGHOST": str(where.hostname),
        "PGPORT": str(where.port),
        "PGPASSWORD": str(where.password),
        **{f"{role.upper()}_PASSWORD": f"pw-{role}'x" for role in postgres.SERVICES},
    }
    script = await asyncio.create_subprocess_exec("bash", str(ROOT / "deploy/postgres/roles.sh"), env=environment)
    assert await script.wait() == 0
