"""audit list, verify"""

import json
from typing import Annotated, Any

import typer

from deploy.local.client import Client
from deploy.local.failure import Failure
from deploy.local.options import DATA, Data

Limit = Annotated[int, typer.Option(min=1, max=1000, help="So many entries, the newest first.")]
AsJson = Annotated[bool, typer.Option("--json")]


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="Who did what and when.", no_args_is_help=True)
    group.command("list")(list_)
    group.command("verify")(verify)
    app.add_typer(group, name="audit")


def list_(limit: Limit = 50, data: Data = DATA, as_json: AsJson = False) -> None:
    """The newest entries of the audit trail."""
    entries: list[dict[str, Any]] = _get(data, f"/v1/audit?limit={limit}")["items"]
    if as_json:
        typer.echo(json.dumps(entries, indent=1, ensure_ascii=False))
        return
    for each in entries:
        subjects = " ".join(f"{name}={value}" for name, value in each["subjects"].items())
        who = each["agency"] if each["actor"] == "agency" else f"{each['actor']} → {each['agency'] or 'all'}"
        typer.echo(f"{each['number']:>6}  {each['at'][:19]}Z  {who}  {each['action']}  {subjects}")


def verify(data: Data = DATA) -> None:
    """Compute the trail's hashes anew: it is intact, or the entry is named at which it breaks."""
    found = _get(data, "/v1/audit/verify")
    if not found["intact"]:
        raise Failure(f"the audit trail breaks at entry {found['broken_at']}: it, or the one before it, was changed")
    typer.echo(f"intact: {found['entries']} entries, the last hash is {found['head'] or 'none'}")
    typer.echo("keep this hash elsewhere: it shows later that no entry was taken off the end")


def _get(data: Data, path: str) -> dict[str, Any]:
    from deploy.local.endpoints import load_endpoints

    endpoints = load_endpoints(data)
    with Client(endpoints.registration, endpoints.admin_key) as client:
        answer: dict[str, Any] = client.call("GET", path).json()
        return answer
