"""source list, release"""

import json
from typing import Annotated, Any

import typer

from deploy.local.client import Client
from deploy.local.options import DATA, Data

Source = Annotated[str, typer.Argument(help="The CloudEvents source, as shown by list.")]
Agency = Annotated[str, typer.Option(help="Only this agency's; all if not given.")]
AsJson = Annotated[bool, typer.Option("--json")]


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="CloudEvents sources and the agencies that send as them.", no_args_is_help=True)
    group.command("list")(list_)
    group.command("release")(release)
    app.add_typer(group, name="source")


def list_(agency: Agency = "", data: Data = DATA, as_json: AsJson = False) -> None:
    """Which agency has which source, by its first accepted event under it."""
    from deploy.local.endpoints import load_endpoints

    endpoints = load_endpoints(data)
    with Client(endpoints.registration, endpoints.admin_key) as client:
        asked = {"agency": agency} if agency else {}
        sources: list[dict[str, Any]] = client.call("GET", "/v1/sources", params=asked).json()
    if as_json:
        typer.echo(json.dumps(sources, indent=1, ensure_ascii=False))
        return
    for each in sources:
        typer.echo(f"{each['agency']}\t{each['source']}")


def release(source: Source, data: Data = DATA) -> None:
    """Take a source from its agency: the next agency whose event under it is accepted has it."""
    from deploy.local.endpoints import load_endpoints

    endpoints = load_endpoints(data)
    with Client(endpoints.registration, endpoints.admin_key) as client:
        client.call("DELETE", "/v1/sources", missing=f"nobody has the source {source}", params={"source": source})
    typer.echo(f"{source} is free")
