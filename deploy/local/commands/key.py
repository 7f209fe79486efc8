"""key issue, list, rotate, revoke"""

import json
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer

from deploy.local.client import Client
from deploy.local.options import DATA, Data

Slug = Annotated[str, typer.Argument(metavar="AGENCY", help="The agency's slug.")]
KeyId = Annotated[str, typer.Argument(help="The key's id, as `agency list` shows it; not the key itself.")]

Expires = Annotated[
    datetime | None,
    typer.Option(
        "--expires", metavar="DATE", formats=["%Y-%m-%d"], help="The last day (in Jakarta) on which it opens."
    ),
]
Purpose = Annotated[str, typer.Option(metavar="TEXT", help="What it is for; two are live for one purpose at most.")]
Until = Annotated[
    datetime | None,
    typer.Option(metavar="TIME", formats=["%Y-%m-%dT%H:%M"], help="Until when (in Jakarta) the old one opens; a day."),
]
AsJson = Annotated[bool, typer.Option("--json")]
Kafka = Annotated[bool, typer.Option("--kafka", help="Also a user of Kafka, who may write the agency's own topic.")]


TIMES = {"since": "since", "expires_at": "to", "last_used_at": "last used"}


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="Agencies' keys; two may live side by side while one is replaced.", no_args_is_help=True)
    group.command("issue")(issue)
    group.command("list")(list_)
    group.command("rotate")(rotate)
    group.command("revoke")(revoke)
    app.add_typer(group, name="key")


def issue(slug: Slug, kafka: Kafka = False, expires: Expires = None, purpose: Purpose = "", data: Data = DATA) -> None:
    """Issue a further key and show it, this once."""
    from deploy.local.endpoints import add_agency_key, load_endpoints

    endpoints = load_endpoints(data)
    wanted: dict[str, Any] = {"kafka": kafka, "expires_at": _end_of(expires) if expires else None}
    wanted |= {"purpose": purpose} if purpose else {}
    with Client(endpoints.registration, endpoints.admin_key) as client:
        missing = f"there is no agency '{slug}'; ./payung agency list names them"
        made = client.call("POST", f"/v1/agencies/{slug}/keys", missing=missing, json=wanted).json()
    add_agency_key(data, slug, made["key"])
    typer.echo(f"key {made['key_id']} of {slug}, shown this once: {made['key']}")
    if expires:
        typer.echo(f"valid to the end of {expires:%Y-%m-%d} in Jakarta")
    if kafka:
        access = made["kafka"]
        typer.echo(f"Kafka at {endpoints.kafka}, SCRAM-SHA-512: may write the topic {access['topic']}")
        typer.echo(f"user {access['user']}, password, shown this once: {access['password']}")


def _end_of(day: datetime) -> str:
    """The moment in RFC 3339 at which this day ends in Jakarta."""
    from shared.jakarta import beginning_of

    return beginning_of(day.date() + timedelta(days=1)).isoformat()


def list_(slug: Slug, data: Data = DATA, as_json: AsJson = False) -> None:
    """An agency's keys: what for, until when, when last used at registration."""
    from deploy.local.endpoints import load_endpoints

    endpoints = load_endpoints(data)
    with Client(endpoints.registration, endpoints.admin_key) as client:
        missing = f"there is no agency '{slug}'; ./payung agency list names them"
        keys: list[dict[str, Any]] = client.call("GET", f"/v1/agencies/{slug}/keys", missing=missing).json()
    if as_json:
        typer.echo(json.dumps(keys, indent=1, ensure_ascii=False))
        return
    for each in keys:
        times = [f"{said} {each[name][:16]}Z" for name, said in TIMES.items() if each[name]]
        scopes, purpose = ", ".join(each["scopes"]), each["purpose"] or ""
        typer.echo(f"{each['key_id']}  {each['state']:8}{scopes}  {purpose}  {', '.join(times)}")


def rotate(slug: Slug, key_id: KeyId, until: Until = None, data: Data = DATA) -> None:
    """Replace a key by one with the same rights, shown this once; the old one opens a while longer."""
    from deploy.local.endpoints import add_agency_key, load_endpoints
    from shared.jakarta import ZONE

    endpoints = load_endpoints(data)
    wanted = {"ends_at": until.replace(tzinfo=ZONE).isoformat()} if until else {}
    with Client(endpoints.registration, endpoints.admin_key) as client:
        missing = f"agency '{slug}' has no live key with the id '{key_id}'; ./payung key list {slug} shows them"
        path = f"/v1/agencies/{slug}/keys/{key_id}/rotate"
        made = client.call("POST", path, missing=missing, json=wanted).json()
    add_agency_key(data, slug, made["key"])
    typer.echo(f"key {made['key_id']} of {slug} in place of {key_id}, shown this once: {made['key']}")
    typer.echo(f"{key_id} opens until {made['old_ends_at'][:16]}Z")


def revoke(slug: Slug, key_id: KeyId, data: Data = DATA) -> None:
    """Revoke a key; it stops working everywhere within a second."""
    from deploy.local.endpoints import load_endpoints, remove_agency_key

    endpoints = load_endpoints(data)
    with Client(endpoints.registration, endpoints.admin_key) as client:
        missing = f"agency '{slug}' has no key with the id '{key_id}'; ./payung agency list shows them"
        client.call("DELETE", f"/v1/agencies/{slug}/keys/{key_id}", missing=missing)
    remove_agency_key(data, slug, key_id)
    typer.echo(f"key {key_id} of {slug} is revoked")
