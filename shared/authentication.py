"""Nobody's body is read and no route runs before the key in the headers is known to be good."""

import asyncio
import math
import time
from typing import Final

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.database import UNAVAILABLE
from shared.problems import Problem, problem_response, unavailable_response
from shared.security import PRINCIPAL, Principal, authenticate

WRONG_KEYS: Final = RateLimitItemPerMinute(30)
"""Wrong keys from one address; more of them are answered late, and 429. Good keys are served all the same: behind one
address may be a whole office, or a proxy."""
WRONG_KEY_DELAY: Final = 1.0
"""Seconds."""

Headers = dict[str, str]


class Authentication:
    """ASGI middleware for everything under `/v1`; the caller is left in the scope for `principal_of`.

    429 answers an address that sent too many wrong keys of late, and a key that is used more often than it may be:
    `per_minute`, unless the key has a limit of its own. Each answer to a good key says how much is left.
    """

    def __init__(self, app: ASGIApp, per_minute: int) -> None:
        self._app = app
        self._default = RateLimitItemPerMinute(per_minute)
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/v1/"):
            await self._app(scope, receive, send)
            return
        try:
            scope[PRINCIPAL] = principal = await self._authenticate(Request(scope))
            headers = self._count(principal)
        except Problem as problem:
            # The body is not read, so the connection cannot go on.
            headers = {**(problem.headers or {}), "Connection": "close"}
            answer = problem_response(problem.status, problem.code, problem.detail, headers=headers)
            await answer(scope, receive, send)
        except UNAVAILABLE as problem:
            await unavailable_response(problem)(scope, receive, send)
        else:
            await self._app(scope, receive, _with(headers, send))

    async def _authenticate(self, request: Request) -> Principal:
        address = request.client.host if request.client else ""
        try:
            return await authenticate(request)
        except Problem:
            if not self._limiter.hit(WRONG_KEYS, "wrong", address):
                await asyncio.sleep(WRONG_KEY_DELAY)
                raise _too_many("wrong keys from your address", WRONG_KEYS, {"Retry-After": "10"}) from None
            raise

    def _count(self, principal: Principal) -> Headers:
        """Count a request of this key; what its limit is and how much of it is left. Raises Problem beyond it."""
        own = principal.requests_per_minute
        limit = self._default if own is None else RateLimitItemPerMinute(own)
        caller = "key", principal.key_id or "admin"
        is_within = self._limiter.hit(limit, *caller)
        window = self._limiter.get_window_stats(limit, *caller)
        seconds = str(max(1, math.ceil(window.reset_time - time.time())))
        headers = {
            "RateLimit-Limit": str(limit.amount),
            "RateLimit-Remaining": str(max(0, window.remaining)),
            "RateLimit-Reset": seconds,
        }
        if not is_within:
            raise _too_many("requests with this key", limit, {"Retry-After": seconds, **headers})
        return headers


def _with(headers: Headers, send: Send) -> Send:
    """Sends with these headers added."""
    added = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def adding(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *added]
        await send(message)

    return adding


def _too_many(what: str, limit: RateLimitItem, headers: Headers) -> Problem:
    detail = f"Too many {what}: at most {limit.amount} a minute. Wait a little and try again."
    return Problem(429, "too_many_requests", detail, headers=headers)
