"""GET /v1/changes: what became of own partners, in order, for systems that follow it."""

import asyncio
from contextlib import suppress
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from services.registration.api.access import follower, services
from services.registration.feed import changes, cursors
from services.registration.feed.changes import CursorGone, Page
from services.registration.feed.watch import TooManyWaiting
from services.registration.runtime import Services
from shared import query_parameters
from shared.problems import Problem, described
from shared.security import Principal

router = APIRouter(tags=["changes"], dependencies=[Depends(query_parameters.only_known)])

LATEST = "latest"


@router.get(
    "/v1/changes",
    summary="What became of own partners since a cursor, in order; waits for it if asked to",
    responses=described(410),
)
async def get_changes(
    principal: Annotated[Principal, Depends(follower)],
    here: Annotated[Services, Depends(services)],
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    wait: Annotated[int, Query(ge=0, le=30)] = 0,
) -> dict[str, Any]:
    """Without a cursor from the oldest that is kept, with `cursor=latest` from now on. Ask again with `next_cursor`,
    which is always there; `has_more` says that it need not be waited for."""
    agency = str(principal.agency)
    number = await _number(here, agency, cursor)
    try:
        page = await changes.after(here.pool, agency, number, limit)
        if wait and not page.records:
            page = await _waited(here, agency, number, limit, wait)
    except CursorGone:
        detail = "Changes after this cursor are gone: read GET /v1/partners anew, and go on with cursor=latest."
        raise Problem(410, "cursor_gone", detail, field="cursor") from None
    return _as_json(here, agency, page)


async def _number(here: Services, agency: str, asked: str | None) -> int:
    if not asked:
        return await changes.oldest(here.pool)
    if asked == LATEST:
        return await changes.end(here.pool)
    number = cursors.opened(here.vault, agency, asked)
    if number is None:
        raise Problem(422, "invalid_value", "This cursor was not given to you by us.", field="cursor")
    return number


async def _waited(here: Services, agency: str, number: int, limit: int, seconds: int) -> Page:
    """The page once there is something on it, or after so many seconds."""
    ends_at = asyncio.get_running_loop().time() + seconds
    try:
        with here.watch.waiting(agency) as event:
            while True:
                event.clear()
                page = await changes.after(here.pool, agency, number, limit)
                left = ends_at - asyncio.get_running_loop().time()
                if page.records or left <= 0 or here.watch.stopping:
                    return page
                with suppress(TimeoutError):
                    await asyncio.wait_for(event.wait(), left)
    except TooManyWaiting:
        detail = "Too many requests of your agency wait already: let one wait, and ask with it."
        raise Problem(429, "too_many_requests", detail, headers={"Retry-After": "5"}) from None


def _as_json(here: Services, agency: str, page: Page) -> dict[str, Any]:
    return {
        "items": [changes.as_json(here.vault, record) for record in page.records],
        "next_cursor": cursors.seal(here.vault, agency, page.end),
        "has_more": page.is_full,
    }
