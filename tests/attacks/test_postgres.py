"""PostgreSQL has no more of the machine than its own data; its administrator signs in by its socket alone."""

import os
from pathlib import Path

import asyncpg
import psutil
import pytest

from tests import stack

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root starts PostgreSQL as somebody else")


def processes_of(data: Path) -> list[psutil.Process]:
    return [process for process in psutil.process_iter() if lives_in(process, data)]


def lives_in(process: psutil.Process, folder: Path) -> bool:
    try:
        return process.cwd() == str(folder)
    except psutil.Error:
        return False


@AS_ROOT
async def test_no_process_of_postgresql_has_a_capability_or_a_way_to_get_one(postgres: str, home: Path) -> None:
    servers = processes_of(home / "postgres/data")
    assert len(servers) > 3
    for server in servers:
        lines = (Path("/proc") / str(server.pid) / "status").read_text().splitlines()
        status = dict(line.split(":", 1) for line in lines)
        assert all(int(status[name], 16) == 0 for name in ("CapInh", "CapPrm", "CapEff", "CapAmb"))
        assert (status["NoNewPrivs"].strip(), "0" in status["Uid"].split()) == ("1", False)


@AS_ROOT
async def test_its_administrator_reads_no_file_of_roots(postgres: str, tmp_path: Path) -> None:
    closed, open_to_all = tmp_path / "secrets.json", Path("/etc/hostname")
    closed.write_text("secret")
    admin = await asyncpg.connect(postgres)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await admin.fetchval("select pg_read_file($1)", str(closed))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await admin.fetchval("select pg_read_file('/proc/1/environ')")
    assert await admin.fetchval("select pg_read_file($1)", str(open_to_all)) == open_to_all.read_text()
    await admin.close()


@AS_ROOT
async def test_it_runs_below_a_directory_that_only_root_may_enter(postgres: str, home: Path) -> None:
    assert any(folder.stat().st_mode & 0o077 == 0 and folder.stat().st_uid == 0 for folder in home.parents)
    admin = await asyncpg.connect(postgres)
    assert await admin.fetchval("show data_directory") == "/proc/self/cwd"
    await admin.execute("checkpoint")
    await admin.close()


@pytest.mark.parametrize("role", ["postgres", "somebody"])
async def test_over_the_network_services_alone_may_sign_in(postgres: str, role: str) -> None:
    with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError, match=r"no pg_hba\.conf entry"):
        await asyncpg.connect(stack.over_tcp(postgres, role))


async def test_services_sign_in_over_the_network_alone(postgres: str) -> None:
    with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError, match=r"no pg_hba\.conf entry"):
        await asyncpg.connect(postgres, user="coverage", password=stack.PASSWORD)


async def test_the_socket_is_for_its_owner_alone(postgres: str, home: Path) -> None:
    assert (home / "postgres/socket").stat().st_mode & 0o777 == 0o700


async def test_a_cluster_with_a_long_path_is_reached_by_a_short_socket(tmp_path: Path) -> None:
    server = stack.server(tmp_path / ("long-" * 20), durable=False)
    await server.start()
    admin = await asyncpg.connect(server.admin)
    assert await admin.fetchval("select 1") == 1
    await admin.close()
    server.stop()
