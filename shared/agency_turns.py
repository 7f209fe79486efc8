"""No agency takes the whole service: its requests wait for each other, not those of the others for them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.problems import problem_response
from shared.security import PRINCIPAL

AT_ONCE: Final = 64
"""Requests of one agency that an instance works on at once."""
LARGE_AT_ONCE: Final = 4
"""Of these so many with a large body: each is held in memory or on disk while it is worked on."""
MOST_WAITING: Final = 512
"""Requests of one agency that wait for their turn; more are answered 429."""
LARGE_BYTES: Final = 64 << 10
LARGE_COMPRESSED_BYTES: Final = 8 << 10


class _Room:
    """What one agency has under way."""

    def __init__(self) -> None:
        self.requests, self.large = asyncio.Semaphore(AT_ONCE), asyncio.Semaphore(LARGE_AT_ONCE)
        self.present = 0


class AgencyTurns:
    """ASGI middleware behind `Authentication`. A stream of server-sent events gives its turn back once it begins, since
    it is no work; what a request says that it accepts decides nothing."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._rooms: dict[str, _Room] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if PRINCIPAL not in scope:
            await self._app(scope, receive, send)
            return
        try:
            async with AsyncExitStack() as turn:
                await turn.enter_async_context(self._turn(scope[PRINCIPAL].agency or "", is_large(Request(scope))))

                async def ending_turn(message: Message) -> None:
                    if message["type"] == "http.response.start" and _is_stream(message):
                        await turn.aclose()
                    await send(message)

                await self._app(scope, receive, ending_turn)
        except _Full:
            detail = f"{MOST_WAITING} requests of your agency wait already: send fewer at once."
            # The body is not read, so the connection cannot go on.
            headers = {"Retry-After": "5", "Connection": "close"}
            await problem_response(429, "too_many_requests", detail, headers=headers)(scope, receive, send)

    @asynccontextmanager
    async def _turn(self, agency: str, large: bool) -> AsyncIterator[None]:
        room = self._rooms.setdefault(agency, _Room())
        if room.present >= AT_ONCE + MOST_WAITING:
            raise _Full
        room.present += 1
        try:
            async with AsyncExitStack() as stack:
                if large:
                    await stack.enter_async_context(room.large)
                await stack.enter_async_context(room.requests)
                yield
        finally:
            room.present -= 1
            if not room.present:
                self._rooms.pop(agency, None)


class _Full(Exception):
    """Too many requests of the agency wait."""


def _is_stream(start: Message) -> bool:
    return Headers(raw=start.get("headers", [])).get("content-type", "").startswith("text/event-stream")


def is_large(request: Request) -> bool:
    """Whether the body is one of those that only few of an agency are worked on at once, by what its headers say."""
    headers = request.headers
    length = headers.get("content-length")
    if length is None:
        return "transfer-encoding" in headers
    limit = LARGE_COMPRESSED_BYTES if "content-encoding" in headers else LARGE_BYTES
    return not (length.isdecimal() and len(length) < 19 and int(length) <= limit)
