"""consumer list, resume"""

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy.local.failure import Failure
from deploy.local.options import DATA, Data
from deploy.local.postgres import SERVICES
from deploy.local.service_schema import in_schema

if TYPE_CHECKING:
    from shared.bus.halts import Halt
    from shared.bus.way_out import Passed

Topic = Annotated[str, typer.Argument(help="The topic that stands still, as `consumer list` shows it.")]
Service = Annotated[str, typer.Option(help="Only of this service; of all that stand still on it if not given.")]
SkipTo = Annotated[
    int | None, typer.Option("--skip-to", min=0, metavar="OFFSET", help="Pass what is before this offset, unread.")
]
Partition = Annotated[
    int | None, typer.Option(min=0, metavar="N", help="Where to skip; the partition that stands still if not given.")
]
DeadLetterAll = Annotated[
    bool, typer.Option("--dead-letter-all", help="Make every bad record that is there now a dead letter.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show what would be passed.")]
AsJson = Annotated[bool, typer.Option("--json")]


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="How far each service has read, where it stands still, and ways on.", no_args_is_help=True)
    group.command("list")(list_)
    group.command("resume")(resume)
    app.add_typer(group, name="consumer")


def list_(data: Data = DATA, as_json: AsJson = False) -> None:
    """Each service's topics: what is not applied yet, and since when and why one stands still."""
    rows = _run(_listed(data))
    if as_json:
        typer.echo(json.dumps(rows, indent=1, default=str))
        return
    for row in rows:
        typer.echo(f"{row['service']} {row['topic']}: {row['lag'] if row['lag'] is not None else '?'} records behind")
        if row["halted"]:
            typer.echo(f"    stands still since {row['since']:%Y-%m-%d %H:%M} UTC: {row['halted']}")
    halted = sorted({row["topic"] for row in rows if row["halted"]})
    for topic in halted:
        typer.echo(f"./payung consumer resume {topic} --dry-run shows what is next")


def resume(
    topic: Topic,
    service: Service = "",
    skip_to: SkipTo = None,
    partition: Partition = None,
    dead_letter_all: DeadLetterAll = False,
    dry_run: DryRun = False,
    data: Data = DATA,
) -> None:
    """Go on with a topic that stands still: try the same record again, skip to an offset, or set bad records aside."""
    if service and service not in SERVICES:
        raise Failure(f"there is no service '{service}': it is one of {', '.join(SERVICES)}")
    if skip_to is not None and dead_letter_all:
        raise typer.BadParameter("--skip-to and --dead-letter-all exclude each other")
    halted = {each: halt for each in SERVICES if service in ("", each) and (halt := _halt_of(data, each, topic))}
    if not halted:
        raise Failure(f"no service stands still on '{topic}'; ./payung consumer list shows where one does")
    for each, halt in halted.items():
        if halt.is_for_all:
            raise Failure(f"{each}: {halt.reason}")
    for each, halt in halted.items():
        chosen = halt.partition if partition is None else partition
        passed = _run(_passed(data, each, topic, chosen, skip_to))
        _show(each, topic, halt, passed, skip_to)
        if not dry_run:
            _go_on(data, each, topic, passed, dead_letter_all)
    if dry_run:
        typer.echo("nothing was changed")


def _halt_of(data: Path, service: str, topic: str) -> "Halt | None":
    from shared.bus import halts

    return in_schema(data, service, halts.load).get(topic)


def _show(service: str, topic: str, halt: "Halt", passed: "Passed", skip_to: int | None) -> None:
    typer.echo(f"{service} {topic}: {halt.reason}")
    for position in passed.positions:
        typer.echo(f"    partition {position.partition}: {position.next_offset:,} of {position.end:,} are applied")
    if skip_to is not None:
        typer.echo(f"    {passed.count:,} records are passed unread in partition {passed.partition}, for example:")
    else:
        typer.echo("    the next records:")
    for line in passed.examples:
        typer.echo(f"      {line}")


def _go_on(data: Path, service: str, topic: str, passed: "Passed", dead_letter_all: bool) -> None:
    from shared.bus import way_out

    in_schema(data, service, lambda db: way_out.go_on(db, topic, passed, dead_letter_all=dead_letter_all))
    how = "bad records become dead letters" if dead_letter_all else "it is read on"
    typer.echo(f"{service} {topic}: {how}; ./payung status shows whether it stands still again")


async def _listed(data: Path) -> list[dict[str, Any]]:
    import asyncpg

    from deploy.local.endpoints import load_endpoints
    from shared.bus import way_out

    endpoints = load_endpoints(data)
    rows = []
    for service in SERVICES:
        db = await asyncpg.connect(endpoints.database, server_settings={"search_path": service}, timeout=10)
        try:
            rows += [{"service": service, **row} for row in await way_out.listed(db, endpoints.kafka_url)]
        finally:
            await db.close()
    return rows


async def _passed(data: Path, service: str, topic: str, partition: int | None, skip_to: int | None) -> "Passed":
    import asyncpg

    from deploy.local.endpoints import load_endpoints
    from shared.bus import way_out

    endpoints = load_endpoints(data)
    db = await asyncpg.connect(endpoints.database, server_settings={"search_path": service}, timeout=10)
    try:
        return await way_out.preview(db, endpoints.kafka_url, topic, partition, skip_to)
    except way_out.Impossible as problem:
        raise Failure(str(problem)) from None
    finally:
        await db.close()


def _run(work: Any) -> Any:
    import asyncpg
    from aiokafka.errors import KafkaError

    try:
        return asyncio.run(work)
    except (KafkaError, asyncpg.PostgresError, OSError, TimeoutError) as problem:
        raise Failure(f"the stack does not answer ({type(problem).__name__}): see ./payung status") from problem
