"""GET /v1/coverage/explain: which lists, agencies and months make a figure."""

import asyncio
from collections.abc import Container
from typing import Any

import asyncpg
import msgspec
from fastapi import APIRouter, Depends, Request, Response

from services.coverage import cells, composition, moved, protection
from services.coverage.api import freshness, parameters
from services.coverage.api.changes import check_complete, protected
from services.coverage.composition import Source
from services.coverage.figures import Dimensions
from services.coverage.moved import ALL_KNOWN, ALWAYS, NOBODY_KNEW
from services.coverage.queries import queries
from services.coverage.selection import RegionOfCell, Selection
from shared.database import connection
from shared.jakarta import today
from shared.regions import NATION, Regions
from shared.security import principal_of, require

router = APIRouter(prefix="/v1/coverage", tags=["coverage"], dependencies=[Depends(require("read"))])

PARAMETERS = parameters.accepts("region", "as_of", "known_at", by=())


@router.get("/explain", summary="Which lists, agencies and months make a figure", **PARAMETERS)
async def explain(request: Request) -> Response:
    """What `listed` and `enrolled` of `GET /v1/coverage` are made of, for the same region, day and knowledge.

    `listed`: how many each list and each agency names, and how many it `alone` names; a partner on several lists counts
    in each of them, so `by_number_of_lists` says how many are on one, on two and so on: these add up. `enrolled`: by
    the month of the first start, and by the agency that reported the enrolment last (null: not known); each adds up.
    `last_event` is when the agency was last seen. Without the right `figures:detail` only the lists of the own agency
    are named, and where a count from 1 to 4 could follow all parts are null and `suppressed` is true.
    """
    region = parameters.region(request)
    selection = Selection(region, "self", (), parameters.as_of(request, today()), parameters.known_at(request))
    answer = await explanation_of(request, selection)
    return Response(msgspec.json.encode(answer), media_type="application/json")


async def explanation_of(request: Request, selection: Selection) -> dict[str, Any]:
    """What the figures of the selection's region are made of, as the caller may see it."""
    region = selection.region
    principal = await principal_of(request)
    is_detailed = principal.may(protection.DETAIL)
    async with connection(request.app.state.pool) as db, db.transaction(isolation="repeatable_read", readonly=True):
        await check_complete(db)
        totals = await moved.totals(db, selection)
        found = await sources(db, selection, by_place=False)
        hidden, without_parts = (set(), set()) if is_detailed else await hidden_regions(db, request, selection)
        agencies, stale = await freshness.agencies(db), await freshness.stale(db)

    def parts() -> tuple[dict[str, Any], dict[str, Any]]:
        made = composition.composed(found)
        return composition.as_json(made, principal.agency, all_lists=is_detailed)

    of_sides = dict(zip(moved.SIDES, await asyncio.to_thread(parts), strict=True))
    last = {each["agency"]: each["last_event"] for each in agencies}
    return {
        "region": region,
        "name": Regions.load()[region].name,
        "as_of": selection.as_of.isoformat(),
        "known_at": parameters.known_at_text(selection.known_at),
        "updated_at": freshness.updated_at(agencies),
        "stale": stale,
        "freshness": agencies,
        **{
            side: {"total": None if region in hidden else totals.get((region, side), 0)}
            | (dict.fromkeys(made) if region in without_parts else _with_last_events(made, last))
            for side, made in of_sides.items()
        },
        **({"suppressed": True} if region in without_parts else {}),
    }


def _with_last_events(found: dict[str, Any], last: dict[str, str | None]) -> dict[str, Any]:
    agencies = [each | {"last_event": last.get(each["agency"])} for each in found["by_agency"]]
    return found | {"by_agency": agencies}


async def sources(db: asyncpg.Connection, selection: Selection, *, by_place: bool) -> list[Source]:
    """What the figures of the selection's region come from, of each regency or of all together."""
    within = *moved.places(selection), by_place
    if selection.known_at is None and selection.as_of >= await db.fetchval(queries["current_day"]):
        rows = await db.fetch(queries["current_sums_by_source"], selection.as_of, *within)
    else:
        known_at = ALL_KNOWN if selection.known_at is None else selection.known_at
        rows = await db.fetch(queries["sums_by_source"], ALWAYS, selection.as_of, NOBODY_KNEW, known_at, *within)
    region_of = RegionOfCell(selection)
    return [
        Source(region_of(row["place"] << cells.REGENCY), row["enrolled"], tuple(row["names"]), row["partners"])
        for row in rows
    ]


async def hidden_regions(
    db: asyncpg.Connection, request: Request, selection: Selection
) -> tuple[Container[str], set[str]]:
    """The regions whose totals, and those whose parts are suppressed; decided by every regency of the nation."""
    dimensions = Dimensions(request.app.state.settings.programmes)
    rules = await protected(db, selection, dimensions)
    also = rules.listed | rules.enrolled
    whole = Selection(NATION, "regency", (), selection.as_of, selection.known_at)
    found = await sources(db, whole, by_place=True)
    return also, await asyncio.to_thread(composition.hidden_regions, found, also)
