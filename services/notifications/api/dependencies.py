"""Who asks, and about whom it may: what the routes have in common."""

from contextlib import suppress
from typing import Annotated, Any
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Depends, Request

from services.notifications.queries import queries
from shared.problems import Problem
from shared.regions import Regions
from shared.security import Principal, principal_of, require

Reader = Annotated[Principal, Depends(require("read"))]
Admin = Annotated[Principal, Depends(require(admin=True))]


def routes() -> APIRouter:
    """A router under `/v1` that refuses parameters it does not know."""
    return APIRouter(prefix="/v1", tags=["reminders"], dependencies=[Depends(_only_known_parameters)])


def _only_known_parameters(request: Request, _: Annotated[Principal, Depends(principal_of)]) -> None:
    """A misspelt parameter would silently be left out and another question answered than was asked."""
    known = [each.alias for each in request.scope["route"].dependant.query_params]
    strange = sorted(set(request.query_params) - set(known))
    if strange:
        named = f"known are {', '.join(known)}" if known else "there are none here"
        raise Problem(422, "invalid_value", f"{strange[0][:40]}: no such parameter; {named}.", field=strange[0][:40])


def none_if_empty(value: Any) -> Any:
    """`?until=&region=` asks with the defaults."""
    return None if value == "" else value


async def survivor_of(db: asyncpg.Connection, text: str) -> asyncpg.Record | None:
    """Who answers for this id; None for what is unknown."""
    with suppress(ValueError):
        return await db.fetchrow(queries["survivor"], str(UUID(text)))
    return None


def may_see(partner: asyncpg.Record, caller: Principal, regions: Regions) -> bool:
    """In the caller's regions, and on a list of the caller's agency, now or once."""
    if caller.admin:
        return True
    listing = listed_by(caller)
    ours = listing is None or listing in partner["agencies"]
    return ours and regions.within(caller.regions, partner["region"] or "")


def listed_by(caller: Principal) -> str | None:
    """The agency whose lists limit what the caller sees; None for the administrator and BPJS offices: no limit."""
    return None if caller.may("enroll") else (caller.agency or "")


def wake(request: Request) -> None:
    """Something was committed that the parts of the service are to see at once."""
    for each in request.app.state.woken:
        each()
