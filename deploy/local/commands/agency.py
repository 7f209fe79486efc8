"""agency add, list"""

import json
from typing import Annotated, Any

import typer

from deploy.local.client import Client
from deploy.local.options import DATA, Data

Slug = Annotated[str, typer.Argument(help="A short name: lower-case letters, digits, hyphens.")]
Name = Annotated[str, typer.Option(help="Its full name; the slug if not given.")]
Region = Annotated[
    list[str], typer.Option("--region", metavar="CODE", help="ID, a kanwil, province or regency; may be repeated.")
]
Scope = Annotated[
    list[str], typer.Option("--scope", help="publish, enroll, read, figures:detail, inbound; may be repeated.")
]
AsJson = Annotated[bool, typer.Option("--json")]


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="Agencies that send what they know.", no_args_is_help=True)
    group.command("add")(add)
    group.command("list")(list_)
    app.add_typer(group, name="agency")


def add(
    slug: Slug,
    region: Region,
    name: Name = "",
    scope: Scope = ["publish", "read"],  # noqa: B006  # typer copies it
    data: Data = DATA,
) -> None:
    """Add an agency and show its first key, this once."""
    from deploy.local.endpoints import add_agency_key, load_endpoints

    endpoints = load_endpoints(data)
    body = {"slug": slug, "name": name or slug, "regions": region, "scopes": scope}
    with Client(endpoints.registration, endpoints.admin_key) as client:
        made = client.call("POST", "/v1/agencies", json=body).json()
    add_agency_key(data, slug, made["key"])
    typer.echo(f"{slug} may {', '.join(scope)} in {', '.join(region)}")
    typer.echo(f"its key, shown this once: {made['key']}")


def list_(data: Data = DATA, as_json: AsJson = False) -> None:
    """All agencies, what they may do and where."""
    from deploy.local.endpoints import load_endpoints

    endpoints = load_endpoints(data)
    with Client(endpoints.registration, endpoints.admin_key) as client:
        agencies: list[dict[str, Any]] = client.call("GET", "/v1/agencies").json()
    if as_json:
        typer.echo(json.dumps(agencies, indent=1, ensure_ascii=False))
        return
    from rich.console import Console
    from rich.table import Column, Table

    table = Table(Column("agency", no_wrap=True), "name", "regions", "scopes", Column("live keys", no_wrap=True))
    for each in agencies:
        live = [_shown(key) for key in each["keys"] if not key["revoked"]]
        table.add_row(
            each["slug"], each["name"], ", ".join(each["regions"]), ", ".join(each["scopes"]), ", ".join(live)
        )
    Console().print(table)


def _shown(key: dict[str, Any]) -> str:
    """The key's id, and when it expires if it does."""
    return f"{key['key_id']} (to {key['expires_at'][:16]}Z)" if key["expires_at"] else str(key["key_id"])
