"""outbox list, release"""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from deploy.local.failure import Failure
from deploy.local.options import DATA, Data
from deploy.local.postgres import SERVICES
from deploy.local.service_schema import in_schema

Service = Annotated[str, typer.Argument(help="The service that published it.")]
Ids = Annotated[list[int] | None, typer.Argument(metavar="[ID]...", help="As `outbox list` shows them; all if none.")]
AsJson = Annotated[bool, typer.Option("--json")]


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="Events that Kafka refused for good, and sending them again.", no_args_is_help=True)
    group.command("list")(list_)
    group.command("release")(release)
    app.add_typer(group, name="outbox")


def list_(data: Data = DATA, as_json: AsJson = False) -> None:
    """What each service set aside, and why; a newer event of the same entity replaces it by itself."""
    from shared.bus import set_aside

    found = {service: in_schema(data, service, set_aside.listed) for service in SERVICES}
    if as_json:
        rows = {service: [asdict(each) for each in events] for service, events in found.items()}
        typer.echo(json.dumps(rows, indent=1, default=str))
    elif not any(found.values()):
        typer.echo("nothing is set aside")
    for service, events in found.items() if not as_json else ():
        for each in events:
            typer.echo(f"{service} {each.id}: {each.topic} {each.type}, {each.bytes:,} bytes, {each.reason}")
            typer.echo(f"    {each.event_id}, set aside {each.set_aside_at:%Y-%m-%d %H:%M}")


def release(service: Service, ids: Ids = None, data: Data = DATA) -> None:
    """Send events again, in their old order; what Kafka refuses again is set aside again."""
    from shared.bus import set_aside

    if service not in SERVICES:
        raise Failure(f"there is no service '{service}': it is one of {', '.join(SERVICES)}")
    released = in_schema(data, service, lambda db: set_aside.release(db, ids or None))
    if not released:
        raise Failure(f"{service} has set nothing of that aside; ./payung outbox list shows what there is")
    typer.echo(f"{released} events of {service} are sent again")
