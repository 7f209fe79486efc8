"""ASGI middleware of the pages: the language, the headers of HTML, and problems as pages where a browser asks."""

import json
from html import escape
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import problems
from shared.problems import MEDIA_TYPE
from shared.request_text import is_encoded_text
from shared.sessions import COOKIE
from shared.web import language
from shared.web.error_pages import error_page, on_its_way, session_ended
from shared.web.pages import ENDED, LANGUAGE, PASSED, SAFE, is_htmx, own_url
from shared.web.site import Site

A_YEAR: Final = 365 * 24 * 3600


class Pages:
    """Outside of everything that may refuse a request."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self._app, self._site = app, site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope, asked_for = _without_language(scope)
        request = Request(scope)
        scope[LANGUAGE] = asked_for or language.chosen(request.cookies, request.headers)
        problem: list[bytes] | None = None
        start: Message | None = None

        async def watched(message: Message) -> None:
            nonlocal problem, start
            if message["type"] == "http.response.start":
                media_type = Headers(raw=message["headers"]).get("content-type", "")
                if media_type.startswith(MEDIA_TYPE) and wants_html(request):
                    start, problem = message, []
                    return
                self._add_headers(message, media_type, asked_for)
            elif problem is not None and message["type"] == "http.response.body":
                problem.append(message.get("body", b""))
                if not message.get("more_body"):
                    assert start is not None
                    answer = self.as_page(request, json.loads(b"".join(problem)), Headers(raw=start["headers"]))
                    await answer(scope, receive, self._finished(send, asked_for))
                return
            await send(message)

        await self._app(scope, receive, watched)

    def as_page(self, request: Request, problem: dict[str, Any], headers: Headers) -> Response:
        """What a browser is shown instead of a problem; 401 leads to the sign-in."""
        if problem["status"] == 401 and request.scope["path"] != "/sign-in":
            return self._to_sign_in(request, headers)
        return error_page(self._site, request, problem, headers)

    def _to_sign_in(self, request: Request, headers: Headers) -> Response:
        """A link on another site's page comes without our SameSite=Strict cookie: then the page opens itself once more,
        which brings the cookie along if there is one."""
        if is_htmx(request) or request.method not in SAFE:
            return session_ended(self._site, request, headers)
        if request.headers.get("sec-fetch-site") == "cross-site":
            return HTMLResponse(reopening(own_url(request)), headers=self._site.headers())
        has_passed = request.cookies.get(COOKIE) and PASSED in request.cookies
        if has_passed and not request.scope.get(ENDED):
            return on_its_way(self._site, request)
        return RedirectResponse(self._site.urls.sign_in(own_url(request)), status_code=303)

    def _finished(self, send: Send, asked_for: str | None) -> Send:
        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add_headers(message, Headers(raw=message["headers"]).get("content-type", ""), asked_for)
            await send(message)

        return sent

    def _add_headers(self, message: Message, media_type: str, asked_for: str | None) -> None:
        headers = MutableHeaders(raw=message["headers"])
        message["headers"] = headers.raw
        headers.setdefault("X-Content-Type-Options", "nosniff")
        if asked_for and media_type.startswith("text/html"):
            headers.append("Set-Cookie", _language_cookie(asked_for, self._site.urls.is_secure))


def reopening(url: str) -> str:
    """A page that opens an address by itself, as a page of ours does."""
    safe = escape(url)
    return (
        f'<!doctype html><meta http-equiv="refresh" content="0;url={safe}"><title>Payung</title><a href="{safe}">→</a>'
    )


async def unexpected(request: Request, problem: Exception) -> Response:
    """A failure of ours, which no middleware sees: as a page where a browser asks."""
    answer = await problems.unexpected(request, problem)
    if not wants_html(request):
        return answer
    request.scope.setdefault(LANGUAGE, language.chosen(request.cookies, request.headers))
    return error_page(request.app.state.site, request, json.loads(bytes(answer.body)), answer.headers)


def wants_html(request: Request) -> bool:
    """Browsers name text/html when a person opens an address; htmx, which takes anything, shows a part of a page."""
    return "text/html" in request.headers.get("accept", "") or is_htmx(request)


def _without_language(scope: Scope) -> tuple[Scope, str | None]:
    """The request without its parameter `lang`, which is of every page, and the language that it asks for."""
    query: bytes = scope["query_string"]
    if b"lang=" not in query or scope["path"].startswith("/v1/") or not is_encoded_text(query):
        return scope, None
    pairs = parse_qsl(query.decode(), keep_blank_values=True)
    asked_for = next((value for name, value in pairs if name == "lang" and value in language.CODES), None)
    rest = urlencode([pair for pair in pairs if pair[0] != "lang"])
    return {**scope, "query_string": rest.encode("latin-1")}, asked_for


def _language_cookie(code: str, is_secure: bool) -> str:
    secure = "; Secure" if is_secure else ""
    return f"{language.COOKIE}={code}; Path=/; Max-Age={A_YEAR}; HttpOnly; SameSite=Lax{secure}"
