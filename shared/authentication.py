"""Nobody's body is read and no route runs before the key in the headers is known to be good."""

import asyncio
from typing import Final

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.database import UNAVAILABLE
from shared.problems import Problem, problem_response, unavailable_response
from shared.request_rate import RequestRate
from shared.security import PRINCIPAL, Principal, authenticate

WRONG_KEYS: Final = 30
"""Wrong keys from one address a minute; more of them are answered late, and 429. Good keys are served all the same:
behind one address may be a whole office, or a proxy."""
WRONG_KEY_DELAY: Final = 1.0
"""Seconds."""


class Authentication:
    """ASGI middleware for everything under `/v1`; the caller is left in the scope for `principal_of`.

    429 answers an address that sent too many wrong keys of late, and a key that is used more than `per_minute` times.
    """

    def __init__(self, app: ASGIApp, per_minute: int) -> None:
        self._app = app
        self._requests = RequestRate(per_minute)
        self._wrong_keys = RequestRate(WRONG_KEYS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/v1/"):
            await self._app(scope, receive, send)
            return
        try:
            scope[PRINCIPAL] = await self._authenticate(Request(scope))
        except Problem as problem:
            # The body is not read, so the connection cannot go on.
            headers = {**(problem.headers or {}), "Connection": "close"}
            answer = problem_response(problem.status, problem.code, problem.detail, headers=headers)
            await answer(scope, receive, send)
        except UNAVAILABLE as problem:
            await unavailable_response(problem)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _authenticate(self, request: Request) -> Principal:
        address = request.client.host if request.client else ""
        try:
            principal = await authenticate(request)
        except Problem:
            if not self._wrong_keys.admits(address):
                await asyncio.sleep(WRONG_KEY_DELAY)
                raise _too_many("wrong keys from your address", WRONG_KEYS) from None
            raise
        if not self._requests.admits(principal.key_id or "admin"):
            raise _too_many("requests with this key", self._requests.most)
        return principal


def _too_many(what: str, most: int) -> Problem:
    detail = f"Too many {what}: at most {most} a minute. Wait a little and try again."
    return Problem(429, "too_many_requests", detail, headers={"Retry-After": "10"})
