"""A caller of notifications' routes without a network in between."""

import httpx

from services.notifications import app
from tests.integration.notifications_world import World


def client_of(world: World) -> httpx.AsyncClient:
    """A client of the application; what fails in a route is answered as 500 instead of raised here."""
    web = app.web(world.settings, world.engine)
    transport = httpx.ASGITransport(app=web, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://test", timeout=60)


def bearer(key: str = "admin") -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}
