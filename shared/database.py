"""PostgreSQL for a service: its pool, its named queries and its migrations."""

import re
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import asyncpg

BUS_MIGRATIONS = Path(__file__).parent / "bus" / "migrations"

SESSION_SETTINGS = {
    # A frozen process must not keep a partition's offset row or a reminder's lease locked for ever.
    "idle_in_transaction_session_timeout": "60s",
    "transaction_timeout": "10min",
    "lock_timeout": "60s",
    "timezone": "UTC",
    "application_name": "payung",
}

RESET_WITHIN = 10.0
"""Seconds that the reset of a session may take; else it is closed."""

asyncpg.protocol.protocol.IterableABC = (list, tuple, set, frozenset)  # type: ignore[attr-defined]
"""What the driver takes as an array. It asks of every element whether it is one too, and by abstract classes that alone
costs more than all else that it does with the element."""

UNAVAILABLE = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    # The driver raises this for a connection whose server was killed, until it notices that the connection is lost.
    asyncpg.InternalClientError,
    asyncpg.exceptions.OperatorInterventionError,
    asyncpg.exceptions.InsufficientResourcesError,
    asyncpg.exceptions.TransactionRollbackError,
    asyncpg.exceptions.LockNotAvailableError,
    asyncpg.exceptions.InvalidTransactionStateError,
)
"""Exceptions that mean that the database, not the data, is the problem: wait and try the same again."""

UNSTORABLE = asyncpg.exceptions._base.DataError
"""The driver's exception for a value that fits no column. An InterfaceError by its class, as a lost connection is, but
waiting does not help: `connection` raises NotEncodable instead."""


IDLE_SECONDS = 60.0
"""After so long without use a session beyond `min_size` is closed: each is 4 MB of the server's memory."""


async def connect(dsn: str, *, min_size: int = 1, max_size: int = 8) -> asyncpg.Pool:
    """A pool on `dsn` with the session settings of every service. Raises one of UNAVAILABLE when the server is down.

    Who takes locks or changes settings beyond a transaction uses `session`: no other session is reset when it comes
    back, which saves a question each time.
    """
    pool = asyncpg.create_pool(
        dsn,
        min_size=min_size,
        max_size=max_size,
        server_settings=SESSION_SETTINGS,
        command_timeout=600,
        max_inactive_connection_lifetime=IDLE_SECONDS,
        reset=_as_it_is,
    )
    await pool
    return pool


async def _as_it_is(_: asyncpg.Connection) -> None:
    """Used instead of a session's reset; the driver still ends an open transaction."""


async def close(*pools: asyncpg.Pool) -> None:
    """Close the pools, in this order."""
    for pool in pools:
        await pool.close()


@asynccontextmanager
async def dedicated(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection that nobody else uses before or after: temporary tables and views end with it."""
    db = await asyncpg.connect(dsn, server_settings=SESSION_SETTINGS, command_timeout=600)
    try:
        yield db
    finally:
        await db.close(timeout=5)


class NotEncodable(ValueError):
    """A value that no column of its type can hold. It is the data's fault, never the database's: no reason to wait."""


@contextmanager
def encoding_checked() -> Iterator[None]:
    """Raises NotEncodable where the driver refuses a value within the block."""
    try:
        yield
    except UNSTORABLE:
        raise NotEncodable("a value does not fit its column") from None


@asynccontextmanager
async def connection(pool: asyncpg.Pool) -> AsyncIterator[asyncpg.Connection]:
    """A connection of the pool; asyncpg's proxy is a Connection in all but its static type.

    Raises NotEncodable for a value that the driver refuses.
    """
    async with pool.acquire() as db:
        with encoding_checked():
            yield cast(asyncpg.Connection, db)


@asynccontextmanager
async def session(pool: asyncpg.Pool) -> AsyncIterator[asyncpg.Connection]:
    """As `connection`, for locks and settings of the session: they end with the block, however it ends."""
    async with connection(pool) as db:
        try:
            yield db
        finally:
            try:
                await db.reset(timeout=RESET_WITHIN)
            except BaseException:
                db.terminate()
                raise


@asynccontextmanager
async def transaction(pool: asyncpg.Pool) -> AsyncIterator[asyncpg.Connection]:
    """A connection inside a transaction that commits when the block ends well."""
    async with connection(pool) as db, db.transaction():
        yield db


class Queries:
    """The named paragraphs of a `queries.sql`: `queries["name"]` is the SQL text under `-- name: name(first, second)`.

    The names in brackets say what `$1`, `$2` … are; loading raises ValueError where their number differs.
    """

    def __init__(self, paragraphs: dict[str, str]) -> None:
        self._paragraphs = paragraphs

    @classmethod
    def load(cls, path: Path) -> "Queries":
        head = re.compile(r"^-- name: (\w+)\(([^)]*)\)\s*$", re.MULTILINE)
        parts = head.split(path.read_text(encoding="utf-8"))
        found: dict[str, str] = {}
        for name, parameters, body in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
            if name in found:
                raise ValueError(f"{path.name} names the query {name} twice")
            _check_parameters(f"{path.name}: {name}", parameters, body)
            found[name] = body.strip().rstrip(";")
        return cls(found)

    def __getitem__(self, name: str) -> str:
        return self._paragraphs[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._paragraphs)


FEW = 20
"""Rows that are inserted one by one rather than by COPY, in one round trip less."""


async def insert(db: asyncpg.Connection, table: str, records: Sequence[tuple[Any, ...]], names: Sequence[str]) -> None:
    """Add rows to a table, which has these columns: many by COPY."""
    if len(records) > FEW:
        await db.copy_records_to_table(table, records=records, columns=list(names))
    elif records:
        await db.executemany(_insertion(table, tuple(names)), records)


@lru_cache
def _insertion(table: str, names: tuple[str, ...]) -> str:
    values = ", ".join(f"${number}" for number in range(1, len(names) + 1))
    return f"insert into {table} ({', '.join(names)}) values ({values})"  # noqa: S608 - names of ours alone


def columns(rows: Iterable[Sequence[Any]], width: int = 0) -> list[list[Any]]:
    """Rows as lists, one a column: what a query takes that reads its rows by `unnest($1, $2, …)`.

    `[(1, "a"), (2, "b")]` → `[[1, 2], ["a", "b"]]`; no rows → `width` empty lists, which only callers that may have
    none need to give.
    """
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]


def _check_parameters(where: str, parameters: str, body: str) -> None:
    named = [each for each in parameters.split(",") if each.strip()]
    used = {int(number) for number in re.findall(r"\$(\d+)", re.sub(r"--.*", "", body))}
    if used != set(range(1, len(named) + 1)):
        raise ValueError(f"{where} names {len(named)} parameters and uses {sorted(used)}")


queries = Queries.load(Path(__file__).with_suffix(".sql"))


async def migrate(pool: asyncpg.Pool, folder: Path, *, bus: Path = BUS_MIGRATIONS) -> list[str]:
    """Apply the bus's and then `folder`'s `NNNN_*.sql`, each once, all or none. Instances that start together wait.

    Returns the names of the migrations applied now. Where all are applied, no right to change the schema is needed.
    """
    async with transaction(pool) as db:
        return await migrate_within(db, folder, bus=bus)


async def migrate_within(db: asyncpg.Connection, folder: Path, *, bus: Path = BUS_MIGRATIONS) -> list[str]:
    """As `migrate`, within the caller's transaction."""
    scripts = [(f"bus/{path.name}", path) for path in sorted(bus.glob("[0-9]*.sql"))]
    scripts += [(path.name, path) for path in sorted(folder.glob("[0-9]*.sql"))]
    await db.execute(queries["lock_migrations"])
    if not await db.fetchval(queries["has_migrations_table"]):
        await db.execute(queries["create_migrations_table"])
    applied = {row["name"] for row in await db.fetch(queries["applied_migrations"])}
    new = [(name, path) for name, path in scripts if name not in applied]
    for name, path in new:
        await db.execute(path.read_text(encoding="utf-8"))
        await db.execute(queries["note_migration"], name)
    return [name for name, _ in new]
