"""PostgreSQL's own dump of the services' database as of one moment, and back."""

import os
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from typing import IO, TypeVar
from urllib.parse import unquote, urlsplit

import asyncpg

from deploy.local import databases, postgres
from deploy.local.failure import Failure
from deploy.local.postgres import SERVICES
from shared import schema_owners
from shared.bus.outbox import ACCESS, DATA

T = TypeVar("T")

HELD_WITHIN = "60s"
"""How long we wait for the services to pause publishing; a relay gives way within seconds."""

PIECE_BYTES = 8 << 20
_REASON_BYTES = 500


@asynccontextmanager
async def moment(dsn: str, freeze: Callable[[], T]) -> AsyncIterator[tuple[asyncpg.Connection, str, T]]:
    """A connection in a snapshot of all services' data, the snapshot's id, and what `freeze` returned, which was called
    while nothing was published: the log then holds nothing that the snapshot lacks."""
    db = await asyncpg.connect(dsn, timeout=10)
    try:
        await db.execute(f"set lock_timeout = '{HELD_WITHIN}'")
        await db.fetch(
            "select pg_advisory_lock(hashtext(schema || lane)) from unnest($1::text[]) schema, unnest($2::text[]) lane",
            list(SERVICES),
            [DATA.lock, ACCESS.lock],
        )
        await db.execute("begin isolation level repeatable read, read only")
        identity = await db.fetchval("select pg_export_snapshot()")
        result = freeze()
        await db.execute("select pg_advisory_unlock_all()")
        yield db, identity, result
    except asyncpg.LockNotAvailableError as problem:
        raise Failure(f"the services did not pause publishing within {HELD_WITHIN}: try again") from problem
    finally:
        await db.close(timeout=5)


async def migrations(db: asyncpg.Connection) -> dict[str, list[str]]:
    """Service → the names of its migrations; a service that never started is left out."""
    found = {}
    for service in SERVICES:
        if await db.fetchval("select to_regclass($1) is not null", f"{service}.migrations"):
            rows = await db.fetch(f"select name from {service}.migrations order by name")  # noqa: S608
            found[service] = [row["name"] for row in rows]
    return found


async def note_backup(dsn: str, made_at: datetime) -> None:
    """What an alert on the age of the last backup reads; data of before there was such a note have none."""
    db = await asyncpg.connect(dsn, timeout=10)
    try:
        if await db.fetchval("select to_regclass('registration.backups') is not null"):
            await db.execute("insert into registration.backups (taken_at) values ($1) on conflict do nothing", made_at)
    finally:
        await db.close(timeout=5)


def dumped(dsn: str, snapshot: str) -> Iterator[bytes]:
    """The dump in pieces. Raises Failure with PostgreSQL's reason."""
    argv = [postgres.binary("pg_dump"), "--format=custom", "--compress=none", f"--snapshot={snapshot}", "--no-password"]
    with _running(argv, dsn, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        while piece := child.stdout.read(PIECE_BYTES):
            yield piece


@contextmanager
def restoring(dsn: str) -> Iterator[IO[bytes]]:
    """Where to write a dump to; its contents are in the (empty) database of `dsn` when the block ends."""
    name = urlsplit(dsn).path.removeprefix("/")
    argv = [postgres.binary("pg_restore"), "--exit-on-error", "--no-password", f"--dbname={name}"]
    with _running(argv, dsn, stdin=subprocess.PIPE) as child:
        assert child.stdin is not None
        try:
            yield child.stdin
            child.stdin.close()
        except BrokenPipeError:
            pass  # it ended, and its reason follows


async def make_empty(postgres_dsn: str, dsn: str, roles: dict[str, str]) -> None:
    """The database with nothing in it but the roles that its dump names."""
    await databases.create_database(postgres_dsn)
    db = await asyncpg.connect(dsn)
    try:
        for role, password in roles.items():
            await databases.create_login(db, role, password)
            await schema_owners.create_owner(db, role)
    finally:
        await db.close()


async def analyse(dsn: str) -> None:
    """Let the planner know the data, as it did before."""
    db = await asyncpg.connect(dsn)
    try:
        await db.execute("analyze")
    finally:
        await db.close()


@contextmanager
def _running(argv: list[str], dsn: str, **pipes: int) -> Iterator["subprocess.Popen[bytes]"]:
    """One of PostgreSQL's programs; raises Failure with the last line of its reasons unless it ends well."""
    with tempfile.TemporaryFile() as reasons:
        child = subprocess.Popen(argv, stderr=reasons, env=_environment(dsn), **pipes)  # type: ignore[call-overload]
        try:
            yield child
            code = child.wait()
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()
            for pipe in (child.stdin, child.stdout):
                if pipe is not None:
                    pipe.close()
        if code != 0:
            reasons.seek(0)
            lines = reasons.read().decode(errors="replace").strip().splitlines() or [f"exit code {code}"]
            raise Failure(f"PostgreSQL could not do it: {lines[0][:_REASON_BYTES]}")


def _environment(dsn: str) -> dict[str, str]:
    """The connection for libpq; a password must not stand among arguments."""
    where = urlsplit(dsn)
    own = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    place = where.netloc.rpartition("@")[2]
    host, _, port = place.rpartition(":")
    return {
        **own,
        "PGHOST": unquote(host),
        "PGPORT": port,
        "PGUSER": where.username or "",
        "PGPASSWORD": unquote(where.password or ""),
        "PGDATABASE": where.path.removeprefix("/"),
    }
