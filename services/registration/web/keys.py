"""Keys: an agency sees, replaces and revokes its own; the administrator issues and revokes those of all."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Any, Final, cast

from fastapi import Depends
from pydantic import ValidationError
from starlette.responses import Response

from services.registration.api import agencies, keys
from services.registration.api.access import member, onlooker, services
from services.registration.queries import queries
from services.registration.runtime import Services
from shared import jakarta
from shared.problems import Problem
from shared.scope_words import SCOPES
from shared.security import Principal, require
from shared.web.pages import Page, SignedIn, form_of, pages

router = pages()

LAST_DAY: Final = "The last day is a date from today on, at most two years ahead."
SHOWN: Final = 20
"""Agencies on a page."""

Here = Annotated[Services, Depends(services)]
Member = Annotated[Principal, Depends(member)]
administrator = Depends(require(admin=True))


@router.get("/keys")
async def show_keys(page: SignedIn, principal: Annotated[Principal, Depends(onlooker)], here: Here) -> Response:
    return await _shown(page, principal, here)


@router.post("/keys/{key_id}/replace")
async def replace(page: SignedIn, principal: Member, here: Here, key_id: str) -> Response:
    """The new key is shown in this answer alone."""
    issued = await keys.rotate_own_key(key_id, principal, here)
    return await _shown(page, principal, here, issued)


@router.post("/keys/{key_id}/revoke")
async def revoke(page: SignedIn, principal: Member, here: Here, key_id: str) -> Response:
    await keys.revoke_own_key(key_id, principal, here)
    return page.go_to("/" if key_id == principal.key_id else "/keys?done=revoked")


@router.post("/agency-keys", dependencies=[administrator])
async def issue(page: SignedIn, here: Here) -> Response:
    """What is wrong with the form is said above it; what was written stays."""
    given = await form_of(page.request)
    try:
        issued = await agencies.issue_key(given.get("agency", ""), here, _wanted(given))
    except Problem as problem:
        if problem.status != 422:
            raise
        return await _shown(page, page.principal, here, problem=problem, given=given)
    return await _shown(page, page.principal, here, issued)


def _wanted(given: Mapping[str, str]) -> agencies.NewKey:
    """The key opens until the end of its last day in Jakarta. Raises Problem."""
    until = given.get("until", "").strip()
    try:
        end = jakarta.beginning_of(date.fromisoformat(until) + timedelta(days=1)).isoformat() if until else None
        chosen = [scope for scope in SCOPES if scope in given]
        return agencies.NewKey(
            scopes=cast("list[agencies.Scope]", chosen) or None,
            purpose=given.get("purpose", "").strip() or None,
            kafka="kafka" in given,
            expires_at=end,
        )
    except ValidationError as problem:
        if problem.errors()[0]["loc"] == ("purpose",):
            raise Problem(422, "too_long", "A purpose has at most 200 characters.", field="purpose") from None
        raise Problem(422, "invalid_date", LAST_DAY, field="until") from None
    except (ValueError, OverflowError):
        raise Problem(422, "invalid_date", LAST_DAY, field="until") from None


@router.post("/agency-keys/{slug}/{key_id}/revoke", dependencies=[administrator])
async def revoke_of_agency(page: SignedIn, here: Here, slug: str, key_id: str) -> Response:
    await agencies.revoke_key(slug, key_id, here)
    return page.go_to("/keys?done=revoked")


async def _shown(
    page: Page,
    principal: Principal,
    here: Services,
    issued: dict[str, Any] | None = None,
    problem: Problem | None = None,
    given: Mapping[str, str] | None = None,
) -> Response:
    """The administrator is shown so many agencies at once, in the order of their slugs, from `after` on."""
    named: list[tuple[str, str]] = []
    following = None
    if principal.admin:
        named = [(each["slug"], each["name"]) for each in await here.pool.fetch(queries["agency_names"])]
        after = page.request.query_params.get("after", "")
        shown, following = await agencies.page_of_agencies(here, after, SHOWN)
        found = [(each["slug"], each["name"], each["keys"]) for each in shown]
    else:
        found = [(str(principal.agency), "", await keys.own_keys(principal, here))]
    return page.render(
        "keys.html",
        status=problem.status if problem else 200,
        agencies=found,
        named=named,
        following=following,
        issued=issued,
        problem=problem,
        given=given or {},
        done=page.request.query_params.get("done", ""),
        all_scopes={scope: {"en": english, "id": indonesian} for scope, (english, indonesian) in SCOPES.items()},
    )
