"""Nobody's body is read and no route runs before the key in the headers is known to be good."""

import asyncio
import time
from typing import Final

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.database import UNAVAILABLE
from shared.problems import Problem, problem_response, unavailable_response
from shared.security import PRINCIPAL, Principal, authenticate

WRONG_KEYS: Final = RateLimitItemPerMinute(30)
"""Wrong keys from one address; more of them are answered late, and 429. Good keys are served all the same: behind one
address may be a whole office, or a proxy."""
WRONG_KEY_DELAY: Final = 1.0
"""Seconds."""


EXPIRED_EVERY: Final = 1.0
"""Seconds between two looks for counts that have expired."""


class Counts(MemoryStorage):
    """Drops expired counts now and then. By itself the library starts a thread for that every 10 ms while requests
    come, which takes a tenth of the time of all of them."""

    def __init__(self) -> None:
        super().__init__()
        self._dropped_at = time.monotonic()

    def _MemoryStorage__schedule_expiry(self) -> None:
        if time.monotonic() - self._dropped_at > EXPIRED_EVERY:
            self._dropped_at = time.monotonic()
            self._MemoryStorage__expire_events()  # type: ignore[attr-defined]


class Authentication:
    """ASGI middleware for everything under `/v1`; the caller is left in the scope for `principal_of`.

    429 answers an address that sent too many wrong keys of late, and a key that is used more than `per_minute` times.
    """

    def __init__(self, app: ASGIApp, per_minute: int) -> None:
        self._app = app
        self._requests = RateLimitItemPerMinute(per_minute)
        self._limiter = SlidingWindowCounterRateLimiter(Counts())

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
            if not self._limiter.hit(WRONG_KEYS, "wrong", address):
                await asyncio.sleep(WRONG_KEY_DELAY)
                raise _too_many("wrong keys from your address", WRONG_KEYS) from None
            raise
        if not self._limiter.hit(self._requests, "key", principal.key_id or "admin"):
            raise _too_many("requests with this key", self._requests)
        return principal


def _too_many(what: str, limit: RateLimitItem) -> Problem:
    detail = f"Too many {what}: at most {limit.amount} a minute. Wait a little and try again."
    return Problem(429, "too_many_requests", detail, headers={"Retry-After": "10"})
