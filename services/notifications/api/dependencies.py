"""Who calls, and which partners it may see: what the routes have in common."""

from contextlib import suppress
from typing import Annotated, Any
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Depends, Request

from services.notifications.queries import queries
from shared import query_parameters
from shared.regions import Regions
from shared.security import Principal, require

Reader = Annotated[Principal, Depends(require("read"))]
Admin = Annotated[Principal, Depends(require(admin=True))]


def routes() -> APIRouter:
    """A router under `/v1` that refuses parameters it does not know."""
    return APIRouter(prefix="/v1", tags=["reminders"], dependencies=[Depends(query_parameters.only_known)])


def none_if_empty(value: Any) -> Any:
    """An empty parameter, as in `?until=&region=`, means its default."""
    return None if value == "" else value


def a_uuid(text: str) -> str | None:
    """The id as the database writes it; None for what is none."""
    with suppress(ValueError):
        return str(UUID(text))
    return None


async def survivor_of(db: asyncpg.Connection, text: str) -> asyncpg.Record | None:
    """This partner, or the one it was merged into: its id, region and agencies; None for an unknown id."""
    number = a_uuid(text)
    return await db.fetchrow(queries["survivor"], number) if number else None


def may_see(partner: asyncpg.Record, caller: Principal, regions: Regions) -> bool:
    """Whether the partner is in the caller's regions and is, or once was, on a list of the caller's agency."""
    if caller.admin:
        return True
    agency = agency_limit(caller)
    is_listed = agency is None or agency in partner["agencies"]
    return is_listed and regions.within(caller.regions, partner["region"] or "")


def agency_limit(caller: Principal) -> str | None:
    """The agency whose lists limit what the caller sees; None for the administrator and BPJS offices: no limit."""
    return None if caller.may("enroll") else (caller.agency or "")


def wake_parts(request: Request) -> None:
    """Let the parts of the service that follow what was just committed run at once."""
    for wake in request.app.state.wake_after_commit:
        wake()
