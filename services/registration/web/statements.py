"""Agreements, briefings with who came and what became of it, and targets, as an agency stated them."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends
from starlette.responses import Response

from services.registration.api import briefings, statements
from services.registration.api.access import reader, services
from services.registration.runtime import Services
from shared.security import Principal
from shared.web.pages import Page, SignedIn, pages

router = pages()

SHOWN = 50


@router.get("/agreements")
async def show_agreements(page: SignedIn, asked: statements.Question, cursor: statements.Cursor = None) -> Response:
    return _render(page, "agreements.html", await statements.list_agreements(asked, None, cursor, SHOWN))


@router.get("/targets")
async def show_targets(page: SignedIn, asked: statements.Question, cursor: statements.Cursor = None) -> Response:
    return _render(page, "targets.html", await statements.list_targets(asked, cursor, SHOWN))


@router.get("/briefings")
async def show_briefings(page: SignedIn, asked: briefings.Briefings, cursor: statements.Cursor = None) -> Response:
    return _render(page, "briefings.html", await briefings.list_briefings(asked, cursor, SHOWN))


@router.get("/briefings/{briefing_id}")
async def show_briefing(
    page: SignedIn,
    principal: Annotated[Principal, Depends(reader)],
    here: Annotated[Services, Depends(services)],
    briefing_id: str,
    cursor: statements.Cursor = None,
) -> Response:
    found = await briefings.get_briefing(briefing_id, principal, here, None, cursor, SHOWN)
    return _render(page, "briefing.html", found)


def _render(page: Page, template: str, found: dict[str, object]) -> Response:
    following = found["next_cursor"]
    path = page.request.url.path
    return page.render(
        template, found=found, following=f"{path}?{urlencode({'cursor': following})}" if following else None
    )
