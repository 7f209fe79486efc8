"""A refusal as a page: what happened and what to do, in the reader's language."""

from typing import Any, Final

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse

from shared.web.language import Language
from shared.web.pages import LANGUAGE, SESSION, UNSENT, Page
from shared.web.reasons import explanation
from shared.web.site import Site

PASSED_ON = ("retry-after", "connection", "allow")


def error_page(site: Site, request: Request, problem: dict[str, Any], headers: Headers) -> HTMLResponse:
    """The page of a problem; for htmx the part that it puts into the page's place for messages."""
    page = _page(site, request)
    status, code, detail = int(problem["status"]), problem["code"], problem["detail"]
    meaning, action = _for_people(page.language, code) or _explained(page.language, problem)
    told = page.language.sentence(detail)
    return page.render(
        "error_fragment.html" if page.is_fragment else "error.html",
        status=status,
        headers=_passed_on(headers),
        status_code=status,
        heading=_heading(page.language, status),
        meaning=meaning,
        action=action,
        detail=told if _adds_something(problem, meaning) else None,
        detail_language=page.language.code if told != detail else "en",
        code=code,
    )


def session_ended(site: Site, request: Request, headers: Headers) -> HTMLResponse:
    """What a form is answered whose session is over: nothing was saved, and how to send it again. htmx leaves the form
    as it is and shows a part above it."""
    page, fields = _page(site, request), request.scope.get(UNSENT)
    return page.render(
        "session_ended_fragment.html" if page.is_fragment else "session_ended.html",
        status=401,
        headers=_passed_on(headers),
        fields=fields,
        is_lost=fields is None and not page.is_fragment,
    )


def on_its_way(site: Site, request: Request) -> HTMLResponse:
    """A session of which this service does not know yet."""
    page = _page(site, request)
    return page.render("on_its_way.html", status=503, headers={"Retry-After": "2"})


def _page(site: Site, request: Request) -> Page:
    return Page(request, site, site.languages[request.scope[LANGUAGE]], request.scope.get(SESSION))


def _passed_on(headers: Headers) -> dict[str, str]:
    return {name: headers[name] for name in PASSED_ON if name in headers}


def _explained(language: Language, problem: dict[str, Any]) -> tuple[str, str | None]:
    """What the list of refusals says; a detail that says more comes first in English."""
    explained = explanation(problem["code"])
    if explained is not None and language.code == "id":
        return explained.arti, explained.tindakan
    if explained is not None and problem["detail"] == problem.get("title"):
        return explained.meaning, explained.action
    return problem["detail"], None


def _for_people(language: Language, code: str) -> tuple[str, str] | None:
    """What happened and what to do, of what the list of refusals says for programs."""
    _ = language.gettext
    match code:
        case "forbidden":
            return _("Your key may not see or do this."), _("Ask whoever runs Payung if you need it.")
        case "other_session":
            meaning = _("The page was opened under another sign-in, or is another site's. Nothing was saved.")
            return meaning, _("Go back, open the page again and send from there.")
        case "not_found":
            meaning = _("The address is wrong, what was here is gone, or it is not yours to see.")
            return meaning, _("Check the address.")
        case "method_not_allowed":
            return _("The address exists, but not for what was to be done with it."), _("Open it from its page.")
        case "too_large":
            return _("More was sent than is taken at once. Nothing was saved."), _("Send it in smaller parts.")
        case "too_many_requests":
            return _("Too much came in too short a time."), _("Wait a minute, then try again.")
        case "unavailable":
            return _("Our database does not answer; nothing is lost."), _("Try again in a few seconds.")
        case "internal":
            meaning = _("Nothing is lost, and what failed was recorded.")
            return meaning, _("Try again. If it fails again, report it with the time.")
        case _:
            return None


TELLS_NO_MORE: Final = ("not_found", "method_not_allowed", "unavailable", "internal", "other_session")


def _adds_something(problem: dict[str, Any], meaning: str) -> bool:
    is_bare = problem["detail"] in (problem.get("title"), meaning)
    return not is_bare and problem["code"] not in TELLS_NO_MORE


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
