"""A person at registration's pages without a browser: signs in, follows links, sends forms with their token."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import unescape
from typing import Any

import httpx

from tests.integration.registration_world import ADMIN, World

CSRF = re.compile(r'name="csrf" value="([^"]+)"')


class Visitor:
    """Speaks with one session's cookie, as browsers do."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def get(self, path: str, status: int = 200, **params: str) -> str:
        """The page's text, with what HTML escapes as it was."""
        answer = await self.http.get(path, params=params or None)
        assert answer.status_code == status, (answer.status_code, answer.text[:2000])
        return answer.text

    async def post(self, path: str, data: dict[str, Any] | None = None, *, csrf: str | None = None) -> httpx.Response:
        token = await self.csrf() if csrf is None else csrf
        return await self.http.post(path, data={"csrf": token, **(data or {})})

    async def csrf(self) -> str:
        found = CSRF.search((await self.http.get("/")).text)
        assert found, "no form with a token"
        return found[1]


def fields_of(page: str) -> dict[str, str]:
    """name → value of the inputs and texts of a page's forms."""
    found = {
        name: unescape(value) for name, value in re.findall(r'<input id="[^"]+" name="([^"]+)" value="([^"]*)"', page)
    }
    texts = re.findall(r'<textarea id="[^"]+" name="([^"]+)"[^>]*>\n?([^<]*)</textarea>', page)
    return found | {name: unescape(value) for name, value in texts}


@asynccontextmanager
async def visiting(here: World, agency: str | None = "dinas", language: str = "en") -> AsyncIterator[Visitor]:
    """Signed in as an agency, None: as the administrator, "": as nobody."""
    headers = {"accept": "text/html", "accept-language": language}
    transport = httpx.ASGITransport(here.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://here", headers=headers) as http:
        if agency != "":
            key = ADMIN if agency is None else here.keys[agency]
            assert (await http.post("/sign-in", data={"key": key})).status_code == 200
        yield Visitor(http)
