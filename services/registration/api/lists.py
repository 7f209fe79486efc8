"""GET /v1/lists: an agency's lists, and how many on them are insured on a day."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from services.registration.api.access import reader, services
from services.registration.api.parameters import day_or_today
from services.registration.queries import queries
from services.registration.runtime import Services
from shared import query_parameters
from shared.security import Principal

router = APIRouter(tags=["lists"], dependencies=[Depends(query_parameters.only_known)])


@router.get("/v1/lists", summary="Own lists: listed, enrolled and unregistered partners on a day")
async def get_lists(
    principal: Annotated[Principal, Depends(reader)],
    here: Annotated[Services, Depends(services)],
    as_of: str | None = None,
) -> list[dict[str, Any]]:
    rows = await here.pool.fetch(queries["lists"], principal.agency, day_or_today(as_of, "as_of"))
    return [
        {
            "agency": row["agency"],
            "list": row["list"],
            "listed": row["listed"],
            "enrolled": row["enrolled"],
            "unregistered": row["listed"] - row["enrolled"],
            "rate": row["enrolled"] / row["listed"] if row["listed"] else None,
            "on_other_lists": row["on_other_lists"],
        }
        for row in rows
    ]
