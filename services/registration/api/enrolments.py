"""GET /v1/enrollments/summary: an office's participants, counted."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends

from services.registration.api.access import office, services
from services.registration.api.parameters import day_or_today
from services.registration.queries import queries
from services.registration.runtime import Services
from shared import query_parameters
from shared.regions import Regions
from shared.security import Principal

ANYWHERE, COUNTRY = "*", "ID"

router = APIRouter(tags=["enrollments"], dependencies=[Depends(query_parameters.only_known)])


@router.get("/v1/enrollments/summary", summary="How many participants there are in the office's regions, on a day")
async def enrollments_summary(
    principal: Annotated[Principal, Depends(office)],
    here: Annotated[Services, Depends(services)],
    as_of: str | None = None,
) -> dict[str, Any]:
    """The administrator is also told how many of all participants are on a list (`matched`), how many on none, and how
    many of these for whom several partners of their name and regency come into question (`ambiguous`)."""
    day = day_or_today(as_of, "as_of")
    (counted,) = await here.pool.fetch(queries["count_participants"], day, _where(principal, here.regions))
    found: dict[str, Any] = {"as_of": str(day), **counted}
    for name in ("active_by_segment", "active_by_programme"):
        found[name] = msgspec.json.decode(counted[name])
    if principal.admin:
        (matches,) = await here.pool.fetch(queries["count_matches"])
        found |= dict(matches)
    return found


def _where(principal: Principal, regions: Regions) -> list[str]:
    """The regencies of the caller's regions, or ANYWHERE."""
    if principal.admin or COUNTRY in principal.regions:
        return [ANYWHERE]
    return sorted({regency for region in principal.regions for regency in regions.regencies(region)})
