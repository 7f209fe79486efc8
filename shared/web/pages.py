"""A page of a service: who sees it, in which language, and how it is rendered.

    router = pages()

    @router.get("/")
    async def home(page: SignedIn, here: …) -> Response:
        return page.render("home.html", uploads=…)

Unsafe methods of these routers need the session's CSRF token, from the form's field `csrf` or the header X-CSRF-Token.
"""

import gzip
import hmac
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from shared.head_requests import HEAD
from shared.problems import Problem
from shared.security import Principal, principal_of
from shared.sessions import COOKIE, Session
from shared.web.language import Language
from shared.web.site import Site

SAFE: Final = ("GET", "HEAD", "OPTIONS")
LANGUAGE: Final = "payung.language"
SESSION: Final = "payung.session"
ENDED: Final = "payung.session_ended"
"""In a request's scope: its session is over, so there is nothing to wait for."""
UNSENT: Final = "payung.unsent"
"""In a request's scope: the fields of a form that nobody took, since its session had ended."""
PASSED: Final = "payung_passed"
"""A cookie of a minute: the browser has just been at registration, so sending it there again would not help."""
QUICKLY: Final = 5
"""gzip's level: the longest pages are a quarter of a megabyte and shrink to a tenth."""
MOST_FIELDS: Final = 1_100
"""Of a form: the cells of a row of the widest file, and some more."""
FORM_TYPES: Final = ("application/x-www-form-urlencoded", "multipart/form-data")


class Elsewhere(Exception):
    """The browser is to go to another address of ours first."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.url = url


@dataclass(frozen=True)
class Page:
    """What a route renders with. `session` is None for a visitor who is not signed in."""

    request: Request
    site: Site
    language: Language
    session: Session | None

    @property
    def principal(self) -> Principal:
        """Who is signed in; raises Problem 401 for a visitor."""
        if self.session is None:
            raise Problem(401, "unauthorized", "Sign in first.")
        return self.session.principal

    @property
    def is_fragment(self) -> bool:
        """Whether htmx asks for a part of the page."""
        return is_htmx(self.request)

    @property
    def url(self) -> str:
        """This page's public address."""
        return own_url(self.request)

    def render(
        self, template: str, *, status: int = 200, headers: dict[str, str] | None = None, **context: Any
    ) -> HTMLResponse:
        """The template with `context`, and what the layout needs."""
        principal = self.session.principal if self.session else None
        known = {
            "principal": principal,
            "csrf": self.session.csrf if self.session else "",
            "path": self.request.url.path,
            "here": self.url,
            "other_languages": [
                (each, self._in(each.code)) for each in self.site.languages.values() if each is not self.language
            ],
        }
        content = self.site.render(template, self.language.code, known | context).encode()
        all_headers = self.site.headers() | (headers or {})
        if "gzip" in self.request.headers.get("accept-encoding", ""):
            content, all_headers["Content-Encoding"] = gzip.compress(content, QUICKLY), "gzip"
        return HTMLResponse(content, status_code=status, headers=all_headers)

    def go_to(self, url: str) -> Response:
        """After a form: the browser opens this address anew."""
        if self.is_fragment:
            return Response(status_code=204, headers={"HX-Location": url})
        return RedirectResponse(url, status_code=303)

    def _in(self, code: str) -> str:
        """This page in another language."""
        asked = self.request.url if self.request.method in SAFE else self.request.url.replace(path="/", query="")
        changed = asked.include_query_params(lang=code)
        return changed.path + "?" + changed.query


async def sent_form(request: Request) -> FormData:
    """A form as it was sent, files too."""
    return await request.form(max_fields=MOST_FIELDS)


async def form_of(request: Request) -> dict[str, str]:
    """The texts of a form by their names, the last where one is there several times. Raises Problem for NUL."""
    found = {name: text for name, text in (await sent_form(request)).multi_items() if isinstance(text, str)}
    if any("\x00" in text for text in found.values()):
        raise Problem(422, "invalid_value", "A text holds a NUL character.")
    return found


def is_opened_by_a_person(request: Request) -> bool:
    """Whether a browser says that a person opened this address: messengers and mail servers open links to show what is
    behind them, and another site must sign nobody in unasked."""
    headers = request.headers
    is_ahead_of_time = "prefetch" in headers.get("sec-purpose", "") + headers.get("purpose", "")
    is_unasked = headers.get("sec-fetch-site") not in ("none", "same-origin", "same-site")
    is_to_be_shown = headers.get("sec-fetch-mode") == "navigate" and HEAD not in request.scope
    return is_to_be_shown and not is_ahead_of_time and not is_unasked


def keep_session(answer: Response, page: Page, secret: str, lifetime: timedelta) -> None:
    """Let the browser keep the secret of its session."""
    answer.set_cookie(
        COOKIE,
        secret,
        max_age=int(lifetime.total_seconds()),
        path="/",
        secure=page.site.urls.is_secure,
        httponly=True,
        samesite="strict",
    )


def is_htmx(request: Request) -> bool:
    return request.headers.get("hx-request") == "true"


def own_url(request: Request) -> str:
    """The public address of what is asked for."""
    site: Site = request.app.state.site
    query = f"?{request.url.query}" if request.url.query else ""
    return site.urls.of(site.service) + request.url.path + query


async def a_page(request: Request) -> Page:
    """For a page that visitors may see as well."""
    site: Site = request.app.state.site
    return Page(request, site, site.languages[request.scope[LANGUAGE]], request.scope.get(SESSION))


async def signed_in(page: Annotated[Page, Depends(a_page)]) -> Page:
    """For a page behind the sign-in; a session that is to be renewed goes by registration, which does that."""
    if page.session is None and page.request.method not in SAFE:
        page.request.scope[UNSENT] = await _fields(page.request)
    await principal_of(page.request)
    assert page.session is not None
    is_opened = page.request.method == "GET" and not page.is_fragment
    if is_opened and page.session.is_to_be_renewed() and PASSED not in page.request.cookies:
        raise Elsewhere(page.site.urls.sign_in(page.url))
    return page


AnyPage = Annotated[Page, Depends(a_page)]
SignedIn = Annotated[Page, Depends(signed_in)]


async def _fields(request: Request) -> list[tuple[str, Any]] | None:
    """What a form sent, to be sent again; None for one with a file, which only its user can choose again."""
    return (await sent_form(request)).multi_items() if _media_type(request) == FORM_TYPES[0] else None


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def from_our_page(request: Request) -> None:
    """Raises Problem 403 for an unsafe request of a session without its CSRF token."""
    session: Session | None = request.scope.get(SESSION)
    if request.method in SAFE or session is None:
        return
    token: Any = request.headers.get("x-csrf-token")
    if token is None and _media_type(request) in FORM_TYPES:
        token = (await sent_form(request)).get("csrf")
    check_csrf(session, "" if token is None or isinstance(token, UploadFile) else token)


def check_csrf(session: Session, token: str) -> None:
    if not hmac.compare_digest(token.encode(errors="replace"), session.csrf.encode()):
        detail = "The request has a session, but not the CSRF token of its key: open the page again."
        raise Problem(403, "other_session", detail)


def check_origin(request: Request) -> None:
    """Raises Problem 403 for a request that another site's page makes."""
    origin = request.headers.get("origin")
    site: Site | None = getattr(request.app.state, "site", None)
    if origin is None:
        is_foreign = request.headers.get("sec-fetch-site") == "cross-site"
    else:
        is_here = bool(origin) and origin.partition("://")[2] == request.headers.get("host")
        is_foreign = not is_here and not (site is not None and site.urls.is_own(origin))
    if is_foreign:
        raise Problem(403, "other_session", "The request comes from another site's page.")


def pages() -> APIRouter:
    """A router of pages: in no description, as what a browser gets is no contract."""
    return APIRouter(include_in_schema=False, dependencies=[Depends(from_our_page)])


def entrances() -> APIRouter:
    """A router of pages that sign in, whoever was signed in before: the origin alone is checked, no token."""
    return APIRouter(include_in_schema=False)
