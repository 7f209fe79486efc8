"""A refusal as a page: what happened and what to do, in the reader's language."""

from typing import Any

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse

from shared.web.language import Language
from shared.web.pages import LANGUAGE, SESSION, Page, is_htmx
from shared.web.reasons import explanation
from shared.web.site import Site

PASSED_ON = ("retry-after", "connection", "allow")


def error_page(site: Site, request: Request, problem: dict[str, Any], headers: Headers) -> HTMLResponse:
    """The page of a problem; for htmx the part that it puts into the page's place for messages."""
    page = Page(request, site, site.languages[request.scope[LANGUAGE]], request.scope.get(SESSION))
    explained = explanation(problem["code"])
    is_bare = problem["detail"] == problem.get("title")
    meaning, action = problem["detail"], None
    if explained is not None and page.language.code == "id":
        meaning, action = explained.arti, explained.tindakan
    elif explained is not None and is_bare:
        meaning, action = explained.meaning, explained.action
    told = page.language.sentence(problem["detail"])
    status = int(problem["status"])
    return page.render(
        "error_fragment.html" if is_htmx(request) else "error.html",
        status=status,
        headers={name: headers[name] for name in PASSED_ON if name in headers},
        status_code=status,
        heading=_heading(page.language, status),
        meaning=meaning,
        action=action,
        detail=None if is_bare or problem["detail"] == meaning else told,
        detail_language=page.language.code if told != problem["detail"] else "en",
        code=problem["code"],
    )


def _heading(language: Language, status: int) -> str:
    _ = language.gettext
    match status:
        case 403:
            return _("You may not do this")
        case 404:
            return _("There is nothing here")
        case 405 | 400:
            return _("This request cannot be answered")
        case 409 | 422:
            return _("Something is to be corrected")
        case 413:
            return _("This is too large")
        case 429:
            return _("Too many requests")
        case 503:
            return _("Not available at the moment")
        case _ if status >= 500:
            return _("Something failed on our side")
        case _:
            return _("This was refused")
