"""GET /v1/coverage/changes: what moved the figures between two days, or between two times of knowledge."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from fastapi import APIRouter, Depends, Request, Response

from services.coverage import figures, moved, protection
from services.coverage.api import freshness, parameters
from services.coverage.figures import Dimensions
from services.coverage.moved import Interval
from services.coverage.queries import queries
from services.coverage.selection import Selection
from services.coverage.sums import cell_sums
from shared.database import connection
from shared.jakarta import today
from shared.problems import Problem
from shared.regions import NATION
from shared.security import principal_of, require

router = APIRouter(prefix="/v1/coverage", tags=["coverage"], dependencies=[Depends(require("read"))])

USUAL_DAYS = timedelta(30)
"""Before the last day, when no first one is given."""

AXES = ("from", "to", "known_at", "known_from", "known_to", "as_of")
_DAY = {"type": "string", "format": "date"}
DESCRIBED: dict[str, tuple[str, dict[str, Any]]] = {
    "from": ("The first day, whose figures are the start; 30 days before `to` when not given.", _DAY),
    "to": ("The last day, whose figures are the end; today in Jakarta when not given.", _DAY),
    "known_from": (
        "Instead of `from`: the time of knowledge whose figures are the start, as `known_at`.",
        {"type": "string", "examples": ["2026-01-31T12:00:00+07:00", "2026-01-31"]},
    ),
    "known_to": (
        "Instead of `to`: the time of knowledge whose figures are the end; now when not given.",
        {"type": "string", "examples": ["2026-02-28T12:00:00+07:00", "2026-02-28"]},
    ),
}
PARAMETERS = parameters.accepts("region", "level", *AXES, by=(), own=DESCRIBED)
OF_PARTNERS = parameters.accepts("region", *AXES, "cursor", by=(), own=DESCRIBED)
PAGE = 200


@router.get("/changes", summary="What moved the figures between two days or two times of knowledge", **PARAMETERS)
async def changes(request: Request) -> Response:
    """Of each region of the level, what was listed and enrolled at the start, what each cause added (or took away, a
    number below zero), and what is listed and enrolled at the end: their sum.

    `from` and `to` are two days, by one knowledge (`known_at`): what happened meanwhile. `known_from` and `known_to`
    are two times of knowledge about one day (`as_of`): what was learned meanwhile, so why a report of that day is not
    what it was. Without any of them: the last 30 days. Without the right `figures:detail` a region of which a count
    from 1 to 4 could follow has null for all of them, and `suppressed`: true.
    """
    answer = await changes_of(request, interval_of(request))
    return Response(msgspec.json.encode(answer), media_type="application/json")


async def changes_of(request: Request, interval: Interval) -> dict[str, Any]:
    """The answer as the caller may see it, with `rows`."""
    is_detailed = (await principal_of(request)).may(protection.DETAIL)
    async with connection(request.app.state.pool) as db, db.transaction(isolation="repeatable_read", readonly=True):
        await check_complete(db)
        start, end = await moved.totals(db, interval.start), await moved.totals(db, interval.end)
        counts = await moved.counts(db, interval)
        hidden = set() if is_detailed else await _hidden_regions(db, request, interval)
        agencies, stale = await freshness.agencies(db), await freshness.stale(db)
    rows = await asyncio.to_thread(moved.rows, interval, start, end, counts)
    shown = [moved.without_figures(row) if row["region"] in hidden else row for row in rows]
    return {
        "region": interval.end.region,
        "level": parameters.level_asked(request),
        **described(interval),
        "updated_at": freshness.updated_at(agencies),
        "stale": stale,
        "rows": shown,
    }


@router.get("/changes/partners", summary="The partners that moved the figures, by id", **OF_PARTNERS)
async def moved_partners(request: Request) -> Response:
    """What each of them added or took away, by cause, as the counts of `changes` have it: up to 200 partners a page, by
    id; `next_cursor` is that of the page after, null on the last one.

    An agency sees the partners on its own lists, also those that left one of them; whoever has `figures:detail`, all.
    """
    interval = interval_of(request)
    principal = await principal_of(request)
    agency = None if principal.may(protection.DETAIL) else principal.agency or ""
    after = _cursor(request)
    async with connection(request.app.state.pool) as db, db.transaction(isolation="repeatable_read", readonly=True):
        await check_complete(db)
        found = await moved.partners(db, interval, agency, after, PAGE + 1)
    page = found[:PAGE]
    following = page[-1]["partner_id"] if len(found) > PAGE else None
    answer = {"region": interval.end.region, **described(interval), "items": page, "next_cursor": following}
    return Response(msgspec.json.encode(answer), media_type="application/json")


def _cursor(request: Request) -> UUID | None:
    text = request.query_params.get("cursor")
    try:
        return UUID(text) if text else None
    except ValueError:
        raise parameters.wrong("cursor", "the `next_cursor` of the page before") from None


def interval_of(request: Request) -> Interval:
    """What was asked for; refused where the two axes of time are mixed or the end is before the start."""
    region = parameters.region(request)
    level = parameters.level(request, region)
    by_day = [name for name in ("from", "to", "known_at") if request.query_params.get(name)]
    by_knowledge = [name for name in ("known_from", "known_to", "as_of") if request.query_params.get(name)]
    if by_day and by_knowledge:
        detail = (
            f"{by_day[0]} and {by_knowledge[0]} exclude each other: ask for two days (from, to, known_at) or for two "
            "times of knowledge (known_from, known_to, as_of)."
        )
        raise Problem(422, "invalid_value", detail, field=by_knowledge[0])
    if by_knowledge:
        return _by_knowledge(request, region, level)
    last = parameters.day(request, "to", today())
    first = parameters.day(request, "from", last - USUAL_DAYS)
    if first > last:
        raise Problem(422, "invalid_value", "The first day (from) is after the last one (to).", field="from")
    known_at = parameters.known_at(request)
    start, end = (Selection(region, level, (), each, known_at) for each in (first, last))
    return Interval(start, end, is_by_day=True)


def _by_knowledge(request: Request, region: str, level: str) -> Interval:
    start, end = parameters.known_at(request, "known_from"), parameters.known_at(request, "known_to")
    if start is None:
        detail = "The time known_from is missing, from which on changes are asked for."
        raise Problem(422, "missing_field", detail, field="known_from")
    if end is not None and start > end:
        raise Problem(422, "invalid_value", "The time known_from is after known_to.", field="known_from")
    selection = Selection(region, level, (), parameters.as_of(request, today()), start)
    return Interval(selection, replace(selection, known_at=end), is_by_day=False)


def described(interval: Interval) -> dict[str, Any]:
    """The interval as it is told in answers; the members of the other axis are null."""
    start, end = interval.start, interval.end
    known_at = parameters.known_at_text(end.known_at)
    by_day: dict[str, Any] = dict.fromkeys(("from", "to", "known_at"))
    by_knowledge: dict[str, Any] = dict.fromkeys(("known_from", "known_to", "as_of"))
    if interval.is_by_day:
        by_day = {"from": start.as_of.isoformat(), "to": end.as_of.isoformat(), "known_at": known_at}
        return {"axis": "as_of", **by_day, **by_knowledge}
    known_from = parameters.known_at_text(start.known_at)
    by_knowledge = {"known_from": known_from, "known_to": known_at, "as_of": end.as_of.isoformat()}
    return {"axis": "known_at", **by_day, **by_knowledge}


async def check_complete(db: asyncpg.Connection) -> None:
    """Raises Problem where facts were read before coverage kept what this is answered from."""
    if not await db.fetchval(queries["movements_complete"]):
        detail = "This cannot be answered yet: the operator runs `./payung rebuild coverage` once."
        raise Problem(503, "unavailable", detail)


async def _hidden_regions(db: asyncpg.Connection, request: Request, interval: Interval) -> set[str]:
    """Decided by every regency of the nation, whatever part was asked for."""
    dimensions = Dimensions(request.app.state.settings.programmes)
    also: set[str] = set()
    for each in (interval.start, interval.end):
        rules = await protected(db, each, dimensions)
        also |= rules.listed | rules.enrolled
    national = await moved.national(db, interval)
    return await asyncio.to_thread(moved.hidden_regions, *national, frozenset(also))


async def protected(db: asyncpg.Connection, selection: Selection, dimensions: Dimensions) -> protection.Protection:
    """Which regions' whole figures are suppressed."""
    whole = replace(selection, region=NATION, level="regency")
    sums = await cell_sums(db, figures.mask((), True), whole.as_of, whole.known_at)
    return await asyncio.to_thread(protection.protection, sums, (), dimensions)
