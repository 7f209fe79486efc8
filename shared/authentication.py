"""Nobody's body is read and no route runs before the key or session in the headers is known to be good."""

import asyncio
import math
import time
from typing import Final

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import sessions
from shared.database import UNAVAILABLE
from shared.problems import Problem, problem_response, unavailable_response
from shared.security import PRINCIPAL, Principal, authenticate
from shared.sessions import Ended, Session, Sessions
from shared.web.pages import ENDED, SAFE, SESSION, check_csrf, check_origin

WRONG_KEYS: Final = RateLimitItemPerMinute(30)
"""Wrong keys from one address; more of them are answered late, and 429. Good keys are served all the same: behind one
address may be a whole office, or a proxy."""
VISITS: Final = RateLimitItemPerMinute(600)
"""Pages for everybody, from one address, which may be a proxy's."""
WRONG_KEY_DELAY: Final = 1.0
"""Seconds."""
VISITORS_BYTES: Final = 64 << 10
"""Of whoever is not signed in no longer body is read."""
SIGNED_PATHS: Final = ("/v1/inbound",)
"""Where a request may be signed in place of having a key; the route checks the signature."""
SIGNATURE: Final = "webhook-signature"
NEEDS_NOBODY: Final = ("/assets/", "/livez", "/readyz", "/metrics", "/openapi.json", "/asyncapi.json")

EXPIRED_EVERY: Final = 1.0
"""Seconds between two looks for counts that have expired."""

Headers = dict[str, str]


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


class Limits:
    """How often an address may be wrong and a key be used, in this process; `per_minute` holds for keys without a limit
    of their own."""

    def __init__(self, per_minute: int) -> None:
        self._default = RateLimitItemPerMinute(per_minute)
        self._limiter = SlidingWindowCounterRateLimiter(Counts())

    async def wrong_key(self, request: Request) -> None:
        """Count a wrong key; raises Problem 429, late, after too many from this address."""
        address = request.client.host if request.client else ""
        if not self._limiter.hit(WRONG_KEYS, "wrong", address):
            await asyncio.sleep(WRONG_KEY_DELAY)
            raise _too_many("wrong keys from your address", WRONG_KEYS, {"Retry-After": "10"}) from None

    def visited(self, request: Request) -> None:
        """Count a page that was made for somebody who is not signed in; raises Problem 429 after too many."""
        address = request.client.host if request.client else ""
        if not self._limiter.hit(VISITS, "visit", address):
            raise _too_many("pages for your address", VISITS, {"Retry-After": "10"})

    def used(self, principal: Principal) -> Headers:
        """Count a use of a key; what its limit is and how much of it is left. Raises Problem 429 beyond it."""
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


class Authentication:
    """ASGI middleware; the caller is left in the scope for `principal_of`, a session also for pages.

    Everything under `/v1` needs a bearer key, or a session, which must prove by its CSRF token that a page of ours
    changes something. Pages get the session if there is one. 429 answers an address that sent too many wrong keys of
    late, and a key that is used more often than `limits` allow; each answer to a good key says how much is left.
    """

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(NEEDS_NOBODY):
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        try:
            if _is_signed(request):
                _check_short(request)
            elif scope["path"].startswith("/v1/"):
                scope[PRINCIPAL] = await self._caller(request)
            else:
                await self._visitor(request)
            headers = self._use(request)
        except Problem as problem:
            # The body is not read, so the connection cannot go on.
            headers = {**(problem.headers or {}), "Connection": "close"}
            answer = problem_response(problem.status, problem.code, problem.detail, headers=headers)
            await answer(scope, receive, send)
        except UNAVAILABLE as problem:
            await unavailable_response(problem)(scope, receive, send)
        else:
            await self._app(scope, receive, _with(headers, send))

    def _use(self, request: Request) -> Headers:
        """Note that the caller's key is used, if somebody calls."""
        principal: Principal | None = request.scope.get(PRINCIPAL)
        if principal is None:
            return {}
        if principal.key_id is not None:
            request.app.state.keys.note_use(principal.key_id)
        return self._limits.used(principal)

    async def _caller(self, request: Request) -> Principal:
        """Whose key or session this is; raises Problem for nobody's."""
        try:
            principal = await caller(request)
        except Problem as problem:
            if problem.status == 401 and _shows_something(request):
                await self._limits.wrong_key(request)
            raise
        session: Session | None = request.scope.get(SESSION)
        if session is not None and request.method not in SAFE:
            check_origin(request)
            check_csrf(session, request.headers.get("x-csrf-token", ""))
        return principal

    async def _visitor(self, request: Request) -> None:
        if request.method not in SAFE:
            check_origin(request)
        session = await _session(request, wait=True)
        if session is not None:
            request.scope[SESSION], request.scope[PRINCIPAL] = session, session.principal
        elif request.method not in SAFE and not _is_short(request):
            raise Problem(401, "unauthorized", "Sign in first.")


def _is_signed(request: Request) -> bool:
    """Whether the request's signature is to speak for it; a key beside it counts before it."""
    is_path = request.url.path in SIGNED_PATHS
    return is_path and SIGNATURE in request.headers and "authorization" not in request.headers


def _check_short(request: Request) -> None:
    if not _is_short(request):
        raise Problem(413, "too_large", f"A signed delivery has a Content-Length of at most {VISITORS_BYTES} bytes.")


def _is_short(request: Request) -> bool:
    """Whether a request's body is no longer than what a visitor may send: the form to sign in, or one to send again."""
    length = request.headers.get("content-length", "0")
    is_known = length.isdecimal() and len(length) < 10 and "transfer-encoding" not in request.headers
    return is_known and int(length) <= VISITORS_BYTES


def _shows_something(request: Request) -> bool:
    """Whether a key or session came with the request: without one nothing is guessed."""
    return "authorization" in request.headers or sessions.COOKIE in request.cookies


async def caller(request: Request) -> Principal:
    """Whose key or session a request under `/v1` has, as it is now; a key counts before a session. Raises Problem 401.
    The session is left in the scope."""
    if "authorization" in request.headers or sessions.COOKIE not in request.cookies:
        return await authenticate(request)
    session = await _session(request)
    if session is None:
        raise Problem(401, "unauthorized", "Your session has ended: sign in again.")
    request.scope[SESSION] = session
    return session.principal


async def _session(request: Request, *, wait: bool = False) -> Session | None:
    """The session of the request's cookie while it is good."""
    known: Sessions | None = getattr(request.app.state, "sessions", None)
    secret = request.cookies.get(sessions.COOKIE)
    if known is None or not secret:
        return None
    found = await known.of(secret, wait=wait)
    request.scope[ENDED] = isinstance(found, Ended)
    return found if isinstance(found, Session) else None


def _with(headers: Headers, send: Send) -> Send:
    """Sends with these headers added."""
    if not headers:
        return send
    added = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def adding(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *added]
        await send(message)

    return adding


def _too_many(what: str, limit: RateLimitItem, headers: Headers) -> Problem:
    detail = f"Too many {what}: at most {limit.amount} a minute. Wait a little and try again."
    return Problem(429, "too_many_requests", detail, headers=headers)
