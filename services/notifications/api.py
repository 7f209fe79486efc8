"""The HTTP API: why a partner is (not) reminded, the dry run, opt-outs, the policy."""

import asyncio
import base64
import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from services.notifications import policies
from services.notifications.channels.texts import TEMPLATES
from services.notifications.plan import Plan, Position, foresee
from services.notifications.policies import JAKARTA, Dated, InForce
from services.notifications.policy import Policy, faults
from services.notifications.rules import Facts
from services.notifications.schedule import Scheduler
from services.notifications.terms import Terms
from shared.bus import outbox
from shared.bus.records import Outgoing
from shared.database import Queries, connection, transaction
from shared.events.model import encode
from shared.events.outreach import Outreach
from shared.problems import Problem, not_found
from shared.regions import Regions
from shared.security import Principal, principal_of, require

queries = Queries.load(Path(__file__).parent / "queries.sql")


def only_known_parameters(request: Request, _: Annotated[Principal, Depends(principal_of)]) -> None:
    """A misspelt parameter would silently be left out and another question answered than was asked."""
    known = [each.alias for each in request.scope["route"].dependant.query_params]
    strange = sorted(set(request.query_params) - set(known))
    if strange:
        named = f"known are {', '.join(known)}" if known else "there are none here"
        raise Problem(422, "invalid_value", f"{strange[0][:40]}: no such parameter; {named}.", field=strange[0][:40])


router = APIRouter(prefix="/v1", tags=["reminders"], dependencies=[Depends(only_known_parameters)])

PLAN_DAYS = 30
LONGEST_PLAN = timedelta(days=366)
PLAN_CHUNK = 2000
NOT_KNOWN_YET = (
    "No such partner is known here. If it was recorded only just now, it may not have arrived yet: "
    "please try again in a minute."
)
FIRST = "00000000-0000-0000-0000-000000000000"

Reader = Annotated[Principal, Depends(require("read"))]
Admin = Annotated[Principal, Depends(require(admin=True))]


class OptOut(BaseModel):
    """An operator's note that a partner is not to be contacted; `reason` is kept until the partner is erased."""

    model_config = ConfigDict(extra="forbid")

    partner_id: UUID
    reason: str | None = Field(default=None, max_length=500, pattern=r"^[^\x00]*$")


class NewPolicy(BaseModel):
    """A whole policy and the day from which it holds (default: today in Jakarta).

    The answer of GET can be changed and sent back: what it tells beside these is left out of account, and the day since
    when the policy in force holds means today.
    """

    model_config = ConfigDict(extra="forbid")

    policy: Policy
    effective_from: date | None = None
    id: Any = Field(default=None, description="Of the answer of GET; ignored.")
    recorded_at: Any = Field(default=None, description="Of the answer of GET; ignored.")
    upcoming: Any = Field(default=None, description="Of the answer of GET; ignored.")


@router.get("/partners/{partner_id}/reminders", summary="State, why, next message and history of one partner")
async def reminders(partner_id: str, request: Request, caller: Reader) -> dict[str, Any]:
    """A merged partner answers as the one it was merged into. An agency sees whom it has listed, BPJS offices all."""
    scheduler: Scheduler = request.app.state.scheduler
    async with connection(request.app.state.pool) as db:
        survivor = await _survivor(db, partner_id)
        if survivor is None or not _may_see(survivor, caller, request.app.state.regions):
            raise not_found()
        decided = (await scheduler.decisions(db, [survivor["partner_id"]]))[survivor["partner_id"]]
        history = await db.fetch(queries["history_of"], survivor["partner_id"])
    upcoming = decided.next
    return {
        "partner_id": survivor["partner_id"],
        "state": decided.state,
        "why": decided.why,
        "next": upcoming and {"at": upcoming.at, "channel": upcoming.channel, "template": upcoming.template},
        "history": [_past(row) for row in history],
    }


@router.get("/plan", summary="The dry run: what would be sent to whom and when; nothing is sent")
async def plan(
    request: Request,
    caller: Reader,
    until: date | None = None,
    region: str = "ID",
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
    cursor: str | None = None,
) -> dict[str, Any]:
    """Counts of everything up to the end of `until` (default: 30 days), and the reminders themselves by pages."""
    scheduler: Scheduler = request.app.state.scheduler
    now = scheduler.now()
    until = _until(until, now)
    inside = _regencies(request.app.state.regions, region, caller)
    drawn = Plan(limit, _position(cursor))
    await _draw(request, drawn, inside, _listed_by(caller), now, until)
    page, more = drawn.page[:limit], len(drawn.page) > limit
    return {
        "as_of": now,
        "until": until,
        "region": region,
        "partners": drawn.partners,
        "reminders": drawn.counts.total(),
        "escalations": drawn.escalations,
        "days": [
            {"date": day, "region": where, "channel": channel, "template": template, "count": count}
            for (day, where, channel, template), count in sorted(drawn.counts.items())
        ],
        "items": [
            {
                "at": item.at,
                "partner_id": item.partner_id,
                "region": where,
                "channel": item.channel,
                "template": item.template,
                "step": item.step,
                "why": item.why,
            }
            for _, item, where in page
        ],
        "next_cursor": _cursor(page[-1][0]) if more else None,
    }


@router.post("/opt-outs", status_code=201, summary="No reminders to this partner any more")
async def opt_out(body: OptOut, request: Request, response: Response, caller: Admin) -> dict[str, Any]:
    """Holds whatever agencies list from now on. Said again, it changes nothing (200)."""
    scheduler: Scheduler = request.app.state.scheduler
    now = scheduler.now()
    async with transaction(request.app.state.pool) as db:
        survivor = await _survivor(db, str(body.partner_id))
        if survivor is None or await db.fetchval(queries["hold_status"], survivor["partner_id"]) == "erased":
            raise Problem(404, "not_found", NOT_KNOWN_YET)
        partner_id = survivor["partner_id"]
        fresh = await db.fetchval(queries["opt_out"], partner_id, now, body.reason)
        if fresh:
            fact = Outreach(partner_id, survivor["region"] or "ID", now, outcome="operator")
            event = Outgoing("outreach", partner_id, "contact.opted_out", f"opt-out-{partner_id}", now, encode(fact))
            await outbox.add(db, [event])
            await scheduler.decide_again(db, [partner_id])
    response.status_code = 201 if fresh else 200
    _wake(request)
    return {"partner_id": partner_id, "state": "opted_out"}


@router.get("/policy", summary="The reminder policy in force and those to come")
async def policy(request: Request, caller: Admin) -> dict[str, Any]:
    in_force: InForce = request.app.state.in_force
    now = request.app.state.scheduler.now()
    async with connection(request.app.state.pool) as db:
        current = await in_force.dated(db, now)
        every = await policies.known(db)
    upcoming = [each for each in every if each.effective_from > now.astimezone(JAKARTA).date()]
    return {**_shown(current), "upcoming": [_shown(each) for each in reversed(upcoming)]}


@router.put("/policy", summary="Set the reminder policy from a day on")
async def set_policy(body: NewPolicy, request: Request, caller: Admin) -> dict[str, Any]:
    """Refused as `invalid_value` with all faults when it cannot be used. Due times follow within seconds."""
    now = request.app.state.scheduler.now()
    today = now.astimezone(JAKARTA).date()
    found = faults(body.policy, TEMPLATES)
    async with connection(request.app.state.pool) as db:
        current = await request.app.state.in_force.dated(db, now)
    effective_from = body.effective_from or today
    if effective_from == current.effective_from:
        effective_from = today
    if effective_from < today:
        found.append("effective_from lies in the past")
    if found:
        raise Problem(422, "invalid_value", "; ".join(found), faults=found)
    async with transaction(request.app.state.pool) as db:
        text = json.dumps(policies.as_json(body.policy))
        number = await db.fetchval(queries["add_policy"], effective_from, now, text)
    _wake(request)
    return _shown(Dated(number, effective_from, now, body.policy))


async def _survivor(db: asyncpg.Connection, text: str) -> asyncpg.Record | None:
    """Who answers for this id; None for what is unknown."""
    with suppress(ValueError):
        return await db.fetchrow(queries["survivor"], str(UUID(text)))
    return None


def _may_see(partner: asyncpg.Record, caller: Principal, regions: Regions) -> bool:
    """In the caller's regions, and on a list of the caller's agency, now or once."""
    if caller.admin:
        return True
    listed_by = _listed_by(caller)
    ours = listed_by is None or listed_by in partner["agencies"]
    return ours and regions.within(caller.regions, partner["region"] or "")


def _listed_by(caller: Principal) -> str | None:
    """The agency whose lists limit what the caller sees; None for the administrator and BPJS offices: no limit."""
    return None if caller.may("enroll") else (caller.agency or "")


async def _draw(
    request: Request, drawn: Plan, inside: list[str], listed_by: str | None, now: datetime, until: date
) -> None:
    """Foresee partners by the thousand; the reckoning leaves the event loop free."""
    scheduler: Scheduler = request.app.state.scheduler
    last = FIRST
    while True:
        async with connection(request.app.state.pool) as db:
            terms = await request.app.state.in_force.terms(db, now)
            page = (inside, last, PLAN_CHUNK, listed_by, len(terms) > 1)
            ids = [row[0] for row in await db.fetch(queries["plan_ids"], *page)]
            facts = await scheduler.facts(db, ids)
        if not ids:
            return
        await asyncio.to_thread(_reckon, drawn, facts, terms, now, until)
        last = ids[-1]


def _reckon(drawn: Plan, facts: Sequence[Facts], terms: Terms, now: datetime, until: date) -> None:
    drawn.add((each.region, list(foresee(each, terms, now, until))) for each in facts)


def _until(until: date | None, now: datetime) -> date:
    today = now.astimezone(JAKARTA).date()
    until = until or today + timedelta(days=PLAN_DAYS)
    if until < today:
        raise Problem(422, "invalid_date", "until: lies in the past; a plan is of what is to come.", field="until")
    if until > today + LONGEST_PLAN:
        raise Problem(422, "invalid_date", "until: at most a year ahead.", field="until")
    return until


def _regencies(regions: Regions, region: str, caller: Principal) -> list[str]:
    """The regencies of `region` that the caller may see."""
    if regions.get(region) is None:
        raise not_found()
    inside = regions.regencies(region)
    return inside if caller.admin else [code for code in inside if regions.within(caller.regions, code)]


def _cursor(position: Position) -> str:
    return base64.urlsafe_b64encode(f"{position[0].isoformat()}|{position[1]}".encode()).decode()


def _position(cursor: str | None) -> Position | None:
    if cursor is None:
        return None
    try:
        at, _, partner_id = base64.urlsafe_b64decode(cursor.encode()).decode().partition("|")
        moment = datetime.fromisoformat(at)
    except ValueError as problem:
        raise Problem(422, "invalid_value", "cursor: as in next_cursor.", field="cursor") from problem
    if moment.tzinfo is None:
        raise Problem(422, "invalid_value", "cursor: as in next_cursor.", field="cursor")
    return moment, partner_id


def _past(row: asyncpg.Record) -> dict[str, Any]:
    shown = ("kind", "step", "template", "channel", "outcome", "attempts", "possibly_twice", "detail", "message_id")
    return {
        "at": row["finished_at"] or row["started_at"],
        **{key: row[key] for key in shown},
        "counted_from": row["episode"],
    }


def _shown(dated: Dated) -> dict[str, Any]:
    return {
        "id": dated.id,
        "effective_from": dated.effective_from,
        "recorded_at": dated.recorded_at,
        "policy": policies.as_json(dated.policy),
    }


def _wake(request: Request) -> None:
    for wake in request.app.state.woken:
        wake()
