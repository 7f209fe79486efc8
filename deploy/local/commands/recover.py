"""recover log, registration, service"""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from deploy.local.failure import Failure
from deploy.local.options import DATA, Data
from deploy.local.postgres import SERVICES
from deploy.local.service_schema import in_schema

if TYPE_CHECKING:
    import asyncpg

T = TypeVar("T")
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]
Service = Annotated[str, typer.Argument(help="coverage, notifications or registration.")]


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="Ways back after a disaster; docs/disasters.md says which one.", no_args_is_help=True)
    group.command("log")(log)
    group.command("registration")(registration)
    group.command("service")(service)
    app.add_typer(group, name="recover")


def log(data: Data = DATA, dry_run: DryRun = False) -> None:
    """The log lost something: publish again what registration knows and the log lacks, under the same versions."""
    from services.registration.recovery import to_log

    kafka = _kafka(data)
    lacking, damaged = _done(data, lambda db: to_log.recover(db, kafka, dry_run=dry_run))
    for place in damaged:
        typer.echo(f"damaged and left out: {place}")
    _tell(lacking, "events that the log lacks", "are published again" if not dry_run else "would be published again")
    if not dry_run:
        typer.echo("next: ./payung recover service coverage, then the same for notifications")
        if lacking.get("contacts"):
            typer.echo("the contacts follow when the stack is started again: ./payung down, ./payung up")


def registration(data: Data = DATA, dry_run: DryRun = False) -> None:
    """registration's database is older than the log: take back ids and versions, so that agencies may send again."""
    from services.registration.recovery import from_log
    from services.registration.vault import Vault

    kafka, vault = _kafka(data), Vault(_secret(data))
    found = _done(data, lambda db: from_log.recover(db, kafka, vault, dry_run=dry_run))
    _tell(found, "of the log", "would be taken back" if dry_run else "are taken back")
    if not dry_run:
        typer.echo("next: agencies send again what they sent since the older database was saved; nothing counts twice")


def service(name: Service, data: Data = DATA, dry_run: DryRun = False) -> None:
    """A service's database and the log do not fit: let it read the whole log again; nothing counts twice."""
    from shared.bus import halts, published, way_out

    if name not in SERVICES:
        raise Failure(f"there is no service '{name}': it is one of {', '.join(SERVICES)}")
    kafka = _kafka(data)
    rows = in_schema(data, name, lambda db: way_out.listed(db, kafka))
    topics = [row["topic"] for row in rows]
    if not topics:
        raise Failure(f"{name} has not read anything yet")
    for row in rows:
        typer.echo(f"{row['topic']}: {found_only(row['halted']) or 'fits'}")
    if dry_run:
        typer.echo(f"{len(topics)} topics would be read again from their beginning; nothing was changed")
        return

    async def begin_again(db: "asyncpg.Connection") -> None:
        await halts.begin_again(db, topics)
        if name != "registration":  # whose facts the log must hold: `recover log`, `recover registration`
            await published.accept(db, kafka, published.own_topics(name))
            await halts.end_for_log(db)

    in_schema(data, name, begin_again)
    typer.echo(f"{name} reads {len(topics)} topics again from their beginning; ./payung status shows how far it is")


def found_only(reason: str | None) -> str | None:
    """What a halt found, without the way out of it, which its reader is just taking."""
    return reason and reason.partition("; mend it by ")[0]


def _kafka(data: Path) -> str:
    from deploy.local.endpoints import load_endpoints

    return load_endpoints(data).kafka_url


def _secret(data: Path) -> str:
    from deploy.local import credentials
    from deploy.local.directory import Directory

    return credentials.of(Directory(data.resolve())).secret


def _done(data: Path, work: "Callable[[asyncpg.Connection], Awaitable[T]]") -> T:
    from aiokafka.errors import KafkaError

    from services.registration.recovery.reading import Unreadable

    try:
        return in_schema(data, "registration", work)
    except Unreadable as problem:
        raise Failure(f"{problem}: restore the log from a backup, or make the topic anew") from problem
    except KafkaError as problem:
        raise Failure(f"Kafka does not answer ({type(problem).__name__}): see ./payung status") from problem


def _tell(found: Mapping[str, int], what: str, done: str) -> None:
    for name, number in sorted(found.items()):
        typer.echo(f"{name}: {number:,} {what} {done}")
