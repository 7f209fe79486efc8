"""The operator's way into the pages: a link that signs in once. It is shown and never logged."""

from deploy.local.client import Client
from deploy.local.endpoints import Endpoints


def new_link(addresses: Endpoints) -> str:
    """A link for the administrator, good for 15 minutes. Raises Failure when registration is down."""
    with Client(addresses.registration, addresses.admin_key) as client:
        return str(client.call("POST", "/v1/sign-in-links").json()["url"])


def lines(addresses: Endpoints) -> list[str]:
    """The same as it is shown at a start."""
    return [
        f"  open in a browser, once, within 15 minutes: {new_link(addresses)}",
        "  later: ./payung sign-in",
        "",
    ]
