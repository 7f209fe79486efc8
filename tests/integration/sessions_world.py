"""Browsers at a registration service: each has its cookies, asks for HTML and fills in forms."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import httpx
from fastapi import Form
from starlette.responses import Response

from shared.sessions import COOKIE
from shared.web.pages import SignedIn, pages
from tests.integration import registration_world
from tests.integration.registration_world import World

HTML = {"accept": "text/html,application/xhtml+xml"}
router = pages()


@router.post("/a-form")
async def a_form(page: SignedIn, text: Annotated[str, Form()] = "") -> Response:
    """A page of the tests that takes something."""
    return page.go_to(f"/taken?by={page.principal.agency}&text={len(text)}")


@router.get("/fails")
async def fails(page: SignedIn) -> Response:
    raise ZeroDivisionError("3571010101010001")


class Browser:
    """One browser; without `key` it is not signed in."""

    def __init__(self, world: World) -> None:
        transport = httpx.ASGITransport(world.app, raise_app_exceptions=False)
        self.http = httpx.AsyncClient(transport=transport, base_url="http://here", headers=HTML)

    async def sign_in(self, key: str) -> httpx.Response:
        return await self.http.post("/sign-in", data={"key": key})

    @property
    def secret(self) -> str:
        return str(self.http.cookies[COOKIE])

    async def csrf(self) -> str:
        """The token in a page's forms."""
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', (await self.http.get("/")).text)
        assert found, "not signed in"
        return found[1]

    async def is_in(self) -> bool:
        return (await self.http.get("/")).status_code == 200


@asynccontextmanager
async def browser(world: World, agency: str | None = None) -> AsyncIterator[Browser]:
    made = Browser(world)
    async with made.http:
        if agency is not None:
            key = registration_world.ADMIN if agency == "admin" else world.keys[agency]
            assert (await made.sign_in(key)).status_code == 200
        yield made
