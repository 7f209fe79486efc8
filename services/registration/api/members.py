"""GET /v1/partners/{id}/members: who is a member of a cooperative, by what this agency listed."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BeforeValidator

from services.registration.api import partners
from services.registration.api.access import reader, services
from services.registration.api.parameters import day_or_today, given, position
from services.registration.intake import values
from services.registration.queries import queries
from services.registration.runtime import Services
from shared import query_parameters
from shared.problems import not_found
from shared.security import Principal

router = APIRouter(tags=["partners"], dependencies=[Depends(query_parameters.only_known)])


@router.get("/v1/partners/{partner_id}/members", summary="The members of a cooperative that this agency listed")
async def list_members(
    partner_id: str,
    principal: Annotated[Principal, Depends(reader)],
    here: Annotated[Services, Depends(services)],
    registered: Annotated[bool | None, BeforeValidator(given)] = None,
    as_of: str | None = None,
    cursor: Annotated[str | None, BeforeValidator(given)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> dict[str, Any]:
    """`listed` and `enrolled` count all of them on that day. What others listed is counted by
    `GET /v1/coverage?cooperative=` of coverage."""
    cooperative, day = await _cooperative(here, principal.agency, partner_id), day_or_today(as_of, "as_of")
    return await page(here, principal.agency, cooperative, day, registered, position(cursor), limit)


async def page(
    here: Services,
    agency: str | None,
    cooperative: UUID,
    day: date,
    registered: bool | None,
    after: UUID,
    limit: int,
) -> dict[str, Any]:
    """So many members after an id, of those that the agency listed (None: anybody), and how many there are."""
    (counted,) = await here.pool.fetch(queries["count_members"], cooperative, agency, day)
    records = await here.pool.fetch(queries["members"], cooperative, agency, day, after, registered, limit + 1)
    return {
        "cooperative_id": str(cooperative),
        "as_of": day.isoformat(),
        "listed": counted["listed"],
        "enrolled": counted["registered"],
        "items": await partners.as_json(here, records[:limit], agency),
        "next_cursor": str(records[limit - 1]["partner_id"]) if len(records) > limit else None,
    }


async def _cooperative(here: Services, agency: str | None, partner_id: str) -> UUID:
    """The id that answers for the cooperative, which the agency listed, or somebody as a member of it."""
    asked = values.uuid_or_none(partner_id)
    found = await here.pool.fetchval(queries["known_cooperative"], agency, asked) if asked else None
    if found is None:
        raise not_found()
    cooperative: UUID = found
    return cooperative
