"""The operator's way into the pages: a link that signs in once. It is shown and never logged."""

from pathlib import Path

from deploy.local import endpoints
from deploy.local.client import Client
from deploy.local.endpoints import Endpoints
from deploy.local.failure import Failure


def new_link(addresses: Endpoints, agency: str | None = None) -> str:
    """A link for the administrator, or for an agency by one of its live keys, good for 15 minutes. Raises Failure when
    registration is down, and for an agency that has no such key."""
    with Client(addresses.registration, addresses.admin_key) as client:
        wanted = {"key_id": _live_key(client, agency)} if agency else {}
        return str(client.call("POST", "/v1/sign-in-links", json=wanted).json()["url"])


def _live_key(client: Client, agency: str) -> str:
    keys = client.call("GET", f"/v1/agencies/{agency}/keys", missing=f"there is no agency {agency}").json()
    for key in keys:
        if key["state"] == "live":
            return str(key["key_id"])
    raise Failure(f"{agency} has no live key: POST /v1/agencies/{agency}/keys")


def lines(addresses: Endpoints, data: Path) -> list[str]:
    """The same as it is shown at a start, which goes on without a link when registration is away again."""
    try:
        first = f"open in a browser, once, within 15 minutes: {new_link(addresses)}"
    except Failure as failure:
        first = f"no link to the pages: {failure}"
    return [f"  {first}", f"  later: ./payung sign-in{endpoints.option(data)}", ""]
