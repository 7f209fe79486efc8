"""key issue, revoke"""

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
Kafka = Annotated[bool, typer.Option("--kafka", help="Also a user of Kafka, who may write the agency's own topic.")]


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="Agencies' keys; two may live side by side while one is replaced.", no_args_is_help=True)
    group.command("issue")(issue)
    group.command("revoke")(revoke)
    app.add_typer(group, name="key")


def issue(slug: Slug, kafka: Kafka = False, expires: Expires = None, data: Data = DATA) -> None:
    """Issue a further key and show it, this once."""
    from deploy.local.endpoints import add_agency_key, load_endpoints

    endpoints = load_endpoints(data)
    wanted: dict[str, Any] = {"kafka": kafka, "expires_at": _end_of(expires) if expires else None}
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


def revoke(slug: Slug, key_id: KeyId, data: Data = DATA) -> None:
    """Revoke a key; it stops working everywhere within a second."""
    from deploy.local.endpoints import load_endpoints, remove_agency_key

    endpoints = load_endpoints(data)
    with Client(endpoints.registration, endpoints.admin_key) as client:
        missing = f"agency '{slug}' has no key with the id '{key_id}'; ./payung agency list shows them"
        client.call("DELETE", f"/v1/agencies/{slug}/keys/{key_id}", missing=missing)
    remove_agency_key(data, slug, key_id)
    typer.echo(f"key {key_id} of {slug} is revoked")
