"""GET /v1/coverage/sources: the figures of every region by the agencies and lists that they come from."""

import asyncio
from collections import defaultdict
from collections.abc import Container, Iterable
from typing import Any

import msgspec
from fastapi import APIRouter, Depends, Request, Response

from services.coverage import composition, counted, protection
from services.coverage.api import explain, freshness, parameters, spreadsheet
from services.coverage.api.changes import check_complete
from services.coverage.composition import Composition, Source
from services.coverage.selection import Selection
from shared.database import connection
from shared.downloads import dialect_of
from shared.jakarta import today
from shared.regions import Regions
from shared.security import principal_of, require

router = APIRouter(prefix="/v1/coverage", tags=["coverage"], dependencies=[Depends(require("read"))])

COLUMNS = {"agency": ("agency", "listed", "alone", "enrolled"), "list": ("agency", "list", "listed", "alone")}
"""What the rows are split by → their members."""
PARAMETERS = parameters.accepts(
    *("region", "level", "by", *parameters.DAYS, "known_at", "format"),
    by=COLUMNS,
    own={
        "by": (
            "Split each region's row by agency, or by list.",
            {"type": "string", "enum": list(COLUMNS), "default": "agency"},
        )
    },
)


@router.get("/sources", summary="Figures by agency or list", **PARAMETERS)
async def sources(request: Request) -> Response:
    """Of each region of the level, how many each agency (or list) names, how many it `alone` names, and, by agency, of
    how many `enrolled` it reported the enrolment last: as `GET /v1/coverage/explain` says for one region.

    A partner on several lists counts in each. Without the right `figures:detail` only the own agency's lists are named,
    and a region of which a count from 1 to 4 could follow has one row with null for all, and `suppressed`: true.
    """
    region = parameters.region(request)
    by, form = (parameters.by(request, COLUMNS) or ("agency",)), parameters.table_form(request)
    if len(by) > 1:
        raise parameters.wrong("by", "agency or list, not both")
    level, known_at = parameters.level(request, region), parameters.known_at(request)
    selection = Selection(region, level, by, parameters.as_of(request, today()), known_at)
    found = await sources_of(request, selection)
    if not form:
        return Response(await asyncio.to_thread(msgspec.json.encode, found), media_type="application/json")
    members = ("region", "name", *COLUMNS[by[0]])
    lines = [
        [*(row[each] for each in members), found["as_of"], found["known_at"], "true" if row.get("suppressed") else None]
        for row in found["rows"]
    ]
    header, name = [*members, "as_of", "known_at", "suppressed"], f"sources-{region}-{selection.as_of}"
    return await asyncio.to_thread(spreadsheet.answer, name, header, lines, form, dialect_of(request))


async def sources_of(request: Request, selection: Selection) -> dict[str, Any]:
    """The answer as the caller may see it, with `rows`."""
    principal = await principal_of(request)
    is_detailed, (by,) = principal.may(protection.DETAIL), selection.by
    places = Selection(selection.region, "regency", (), selection.as_of, selection.known_at)
    async with connection(request.app.state.pool) as db, db.transaction(isolation="repeatable_read", readonly=True):
        await check_complete(db)
        found = await explain.sources(db, places, by_place=True)
        _, hidden = (set(), set()) if is_detailed else await explain.hidden_regions(db, request, selection)
        agencies, stale = await freshness.agencies(db), await freshness.stale(db)

    codes = Regions.load().children(selection.region, selection.level)
    only_lists_of = None if is_detailed else principal.agency or ""
    return {
        "region": selection.region,
        "level": parameters.level_asked(request),
        "by": [by],
        "as_of": selection.as_of.isoformat(),
        "known_at": parameters.known_at_text(selection.known_at),
        "updated_at": freshness.updated_at(agencies),
        "stale": stale,
        "rows": await asyncio.to_thread(rows, by, found, codes, only_lists_of, hidden),
    }


def rows(
    by: str, found: Iterable[Source], codes: Iterable[str], only_lists_of: str | None, hidden: Container[str]
) -> list[dict[str, Any]]:
    """The rows of these regions, by the sources of every regency in them; `only_lists_of` None: all lists."""
    within: dict[str, list[Source]] = defaultdict(list)
    for each in found:
        for code in counted.lies_in(each.region):
            within[code].append(each)
    return [
        {"region": code, "name": Regions.load()[code].name} | row
        for code in codes
        for row in _rows(by, within[code], only_lists_of, code in hidden)
    ]


def _rows(by: str, found: list[Source], only_lists_of: str | None, is_hidden: bool) -> list[dict[str, Any]]:
    """A region's rows; none where nothing is known in it. `only_lists_of` None: all lists."""
    if is_hidden:
        return [dict.fromkeys(COLUMNS[by]) | {"suppressed": True}]
    made = composition.composed(found)
    if by == "agency":
        return _by_agency(made)
    return [
        {"agency": agency, "list": name, "listed": listed, "alone": alone}
        for agency, name, (listed, alone) in (
            (*composition.split_name(each), pair) for each, pair in made.by_list.items()
        )
        if only_lists_of in (None, agency)
    ]


def _by_agency(made: Composition) -> list[dict[str, Any]]:
    """An agency that is not known (null) reported some enrolments."""
    names = sorted(made.by_agency.keys() | made.by_reporter.keys())
    return [
        {"agency": name or None, "listed": listed, "alone": alone, "enrolled": made.by_reporter.get(name, 0)}
        for name in names
        for listed, alone in (made.by_agency.get(name, (0, 0)),)
    ]
