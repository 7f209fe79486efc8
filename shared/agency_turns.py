"""No agency takes the whole service: its requests wait for each other, not those of the others for them."""

import asyncio
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
        turn = _Turn(self._rooms, scope[PRINCIPAL].agency or "", is_large(Request(scope)))
        if not turn.has_room:
            detail = f"{MOST_WAITING} requests of your agency wait already: send fewer at once."
            # The body is not read, so the connection cannot go on.
            headers = {"Retry-After": "5", "Connection": "close"}
            await problem_response(429, "too_many_requests", detail, headers=headers)(scope, receive, send)
            return

        async def ending_turn(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_stream(message):
                turn.end()
            await send(message)

        try:
            await turn.begin()
            await self._app(scope, receive, ending_turn)
        finally:
            turn.end()


class _Turn:
    """One request's turn: it counts from the start as present, and is worked on from `begin` to `end`.

    By hand, since an exit stack costs more than all that the turn does.
    """

    def __init__(self, rooms: dict[str, _Room], agency: str, large: bool) -> None:
        self._rooms, self._agency = rooms, agency
        self._room = rooms.get(agency) or rooms.setdefault(agency, _Room())
        self._wanted = [self._room.large, self._room.requests] if large else [self._room.requests]
        self._held: list[asyncio.Semaphore] = []
        self.has_room = self._room.present < AT_ONCE + MOST_WAITING
        self._is_present = self.has_room
        self._room.present += self.has_room

    async def begin(self) -> None:
        for each in self._wanted:
            await each.acquire()
            self._held.append(each)

    def end(self) -> None:
        """Also of a turn that has ended, or was given up while it waited."""
        while self._held:
            self._held.pop().release()
        if self._is_present:
            self._is_present = False
            self._room.present -= 1
            if not self._room.present:
                self._rooms.pop(self._agency, None)


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
