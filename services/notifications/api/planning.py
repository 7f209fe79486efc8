"""/v1/plan: the dry run."""

import asyncio
import base64
from collections.abc import AsyncIterator, Iterator
from datetime import date, datetime, timedelta
from typing import Annotated, Any, get_args

import msgspec
from fastapi import Query, Request, Response
from pydantic import BeforeValidator

from services.notifications import reasons
from services.notifications.api.dependencies import Reader, agency_limit, none_if_empty, routes
from services.notifications.facts import Facts
from services.notifications.forecast import Forecaster, PlanItem, Position
from services.notifications.plan import Plan
from services.notifications.policy import NOTHING_PAUSED, ChannelName
from services.notifications.policy_timeline import PolicyPeriod, PolicyTimeline
from services.notifications.projections import is_believable
from services.notifications.queries import queries
from services.notifications.schedule import Scheduler
from shared import jakarta
from shared.database import connection
from shared.problems import Problem, not_found
from shared.regions import Regions
from shared.security import Principal

router = routes()

DEFAULT_DAYS = 30
LONGEST = timedelta(days=366)
CHUNK = 2000
REGENCIES_AT_ONCE = 40


@router.get("/plan", summary="The dry run: what would be sent to whom and when; nothing is sent")
async def plan(
    request: Request,
    caller: Reader,
    until: Annotated[date | None, BeforeValidator(none_if_empty)] = None,
    region: str = "ID",
    limit: Annotated[int, Query(ge=1, le=100_000)] = 1000,
    cursor: str | None = None,
) -> Response:
    """Counts of everything up to the end of `until` (default: 30 days), and the reminders themselves by pages."""
    found = await planned_for(request, caller, until, region, limit, cursor)
    return Response(await asyncio.to_thread(msgspec.json.encode, found), media_type="application/json")


async def planned_for(
    request: Request, caller: Principal, until: date | None, region: str, limit: int, cursor: str | None = None
) -> dict[str, Any]:
    """The answer as the caller may see it."""
    scheduler: Scheduler = request.app.state.scheduler
    now = scheduler.now()
    until, region = _until(until, now), region or "ID"
    regencies = _regencies(request.app.state.regions, region, caller)
    async with connection(request.app.state.pool) as db:
        timeline = await request.app.state.policies.timeline(db, now)
    planned = Plan(Forecaster(timeline, now, until), limit, _position(cursor))
    async for facts in _partners(request, regencies, caller, until, with_waiting=len(timeline) > 1):
        await asyncio.to_thread(planned.add, facts)  # leaves the event loop free
    head = {"as_of": now, "until": until, "region": region, "note": _note(timeline[0])}
    return head | await asyncio.to_thread(_counts_and_page, planned)


def _note(period: PolicyPeriod) -> str | None:
    """What keeps the plan, or some of it, from reaching anybody."""
    found = []
    if period.paused.everything:
        found.append(reasons.PAUSED)
    elif period.paused != NOTHING_PAUSED:
        found.append("The operator has paused some channels or regions; nothing is planned for them.")
    if period.policy.channels == ("log",):
        found.append("No provider is set up here: what is planned goes to the log and reaches nobody.")
    return " ".join(found) or None


async def difference(
    request: Request, caller: Principal, before: PolicyTimeline, after: PolicyTimeline, until: date
) -> dict[str, Any]:
    """What is planned up to the end of `until` under each of two policies, counted by day and channel where they
    differ."""
    now = request.app.state.scheduler.now()
    both = [Plan(Forecaster(timeline, now, until), 0) for timeline in (before, after)]
    regencies = _regencies(request.app.state.regions, "ID", caller)
    async for facts in _partners(request, regencies, caller, until, with_waiting=True):
        for plan in both:
            await asyncio.to_thread(plan.add, facts)
    counts = [plan.by_day_and_channel() for plan in both]
    return {
        "until": until,
        "before": _totals(both[0]),
        "after": _totals(both[1]),
        "days": [
            {"date": day, "channel": channel, "before": counts[0][day, channel], "after": counts[1][day, channel]}
            for day, channel in sorted(counts[0].keys() | counts[1].keys())
            if counts[0][day, channel] != counts[1][day, channel]
        ],
    }


def _totals(plan: Plan) -> dict[str, int]:
    return {"partners": plan.partners, "reminders": plan.counts.total(), "escalations": plan.escalations}


async def _partners(
    request: Request, regencies: list[str], caller: Principal, until: date, *, with_waiting: bool
) -> AsyncIterator[list[Facts]]:
    """Those for whom something may be planned up to the end of `until`, by the thousand, a few regencies at a time."""
    for regions in _portions(regencies, REGENCIES_AT_ONCE):
        async with connection(request.app.state.pool) as db:
            asked = (regions, agency_limit(caller), with_waiting, _end_of(until))
            ids = [row[0] for row in await db.fetch(queries["plannable_partner_ids"], *asked)]
        for some in _portions(ids, CHUNK):
            async with connection(request.app.state.pool) as db:
                facts = await request.app.state.scheduler.facts(db, some)
            yield facts


def _portions(items: list[str], size: int) -> Iterator[list[str]]:
    return (items[at : at + size] for at in range(0, len(items), size))


async def planned_next(request: Request, until: date, count: int) -> tuple[list[PlanItem], str | None]:
    """The first reminders up to the end of `until`, of all partners, and the note: as `planned_for` has them, without
    counting."""
    scheduler: Scheduler = request.app.state.scheduler
    now = scheduler.now()
    async with connection(request.app.state.pool) as db:
        timeline = await request.app.state.policies.timeline(db, now)
        rows = await db.fetch(queries["next_due"], _end_of(until), count, [*get_args(ChannelName)])
        ids = [row["partner_id"] for row in rows]
        facts = await scheduler.facts(db, ids)
    planned = Plan(Forecaster(timeline, now, until), count)
    planned.add(facts)
    return planned.page()[0], _note(timeline[0])


def _end_of(until: date) -> datetime:
    """Nowhere in the country it is still this day."""
    return jakarta.beginning_of(until + timedelta(days=1))


def _counts_and_page(planned: Plan) -> dict[str, Any]:
    page, has_more = planned.page()
    return {
        "partners": planned.partners,
        "reminders": planned.counts.total(),
        "escalations": planned.escalations,
        "days": [
            {"date": day, "region": region, "channel": channel, "template": template, "count": count}
            for (day, region, channel, template), count in sorted(planned.counts.items())
        ],
        "items": page,
        "next_cursor": _cursor(page[-1].position) if has_more else None,
    }


def _until(until: date | None, now: datetime) -> date:
    today = jakarta.day_of(now)
    until = until or today + timedelta(days=DEFAULT_DAYS)
    if until < today:
        raise Problem(422, "invalid_date", "until: lies in the past; a plan is of what is to come.", field="until")
    if until > today + LONGEST:
        raise Problem(422, "invalid_date", "until: at most a year ahead.", field="until")
    return until


def _regencies(regions: Regions, region: str, caller: Principal) -> list[str]:
    """The regencies of `region` that the caller may see."""
    if regions.get(region) is None:
        raise not_found()
    regencies = regions.regencies(region)
    return regencies if caller.admin else [code for code in regencies if regions.within(caller.regions, code)]


def _cursor(position: Position) -> str:
    return base64.urlsafe_b64encode(f"{position[0].isoformat()}|{position[1]}".encode()).decode()


def _position(cursor: str | None) -> Position | None:
    if not cursor:
        return None
    try:
        at, _, partner_id = base64.urlsafe_b64decode(cursor.encode()).decode().partition("|")
        moment = datetime.fromisoformat(at)
    except ValueError as problem:
        raise Problem(422, "invalid_value", "cursor: as in next_cursor.", field="cursor") from problem
    if moment.tzinfo is None or not is_believable(moment):
        raise Problem(422, "invalid_value", "cursor: as in next_cursor.", field="cursor")
    return moment, partner_id
