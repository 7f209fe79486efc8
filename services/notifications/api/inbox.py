"""/v1/inbox and /v1/tasks: what is to be visited, by urgency, and what became of it."""

import base64
import hashlib
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Annotated, Any, Final

import asyncpg
import msgspec
from fastapi import Depends, Header, Query, Request
from pydantic import BaseModel, ConfigDict

from services.notifications.agents import acting
from services.notifications.agents.acting import Holder, Outcome
from services.notifications.agents.cards import card
from services.notifications.agents.holding import LONGEST_SNOOZE
from services.notifications.agents.queries import queries
from services.notifications.agents.registry import month_begins
from services.notifications.agents.tasks import BEFORE_FIRST
from services.notifications.api.dependencies import a_uuid, routes, wake_parts
from services.notifications.projections import is_believable
from shared import jakarta
from shared.database import connection, transaction
from shared.problems import Problem, described, not_found
from shared.security import Callers, Principal

router = routes()

FIRST: tuple[int, datetime, str] = (0, datetime.fromisoformat("1945-01-01T00:00:00+00:00"), BEFORE_FIRST)


acts: Final = Callers(("publish", "enroll"), agents=True)
"""An agent, or somebody with whom tasks lie that no agent has."""


async def holder(request: Request, principal: Annotated[Principal, Depends(acts)]) -> Holder:
    return Holder(principal, request.app.state.regions)


Caller = Annotated[Holder, Depends(holder)]
SAME_ANSWER = "Sent again with the same key, a request is answered as before, for 30 days"
RequestKey = Annotated[str | None, Header(max_length=200, description=SAME_ANSWER, examples=["4f1c2a9d77e04b8e"])]


class Snoozed(BaseModel):
    """Until which day, in Jakarta, the task rests: at most 30 days."""

    model_config = ConfigDict(extra="forbid")

    until: date


class Done(BaseModel):
    """What was found. Of a visit: `visited`, `agreed`, `refused`, `unreachable`, `already_enrolled`, `wrong_number`; of
    a check: `already_enrolled`, `not_enrolled`."""

    model_config = ConfigDict(extra="forbid")

    outcome: Outcome


@router.get("/inbox", summary="Own tasks, the most urgent first, with what is needed to do them")
async def inbox(
    request: Request,
    caller: Caller,
    agent: str | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    cursor: str | None = None,
) -> dict[str, Any]:
    """Of an agent the tasks it holds; of an agency those that no agent has, of partners it lists, and its agents'; of
    BPJS offices those that lie with offices, in their regions; of the administrator all, or one `agent`'s."""
    return await inbox_of(request, caller, agent=agent or None, limit=limit, cursor=cursor)


async def inbox_of(
    request: Request, caller: Holder, *, agent: str | None = None, limit: int = 200, cursor: str | None = None
) -> dict[str, Any]:
    """The answer, for the page too."""
    now, who = request.app.state.scheduler.now(), caller.principal
    if agent is not None and not who.admin:
        raise Problem(422, "invalid_value", "Only the administrator may ask for an agent's inbox.", field="agent")
    agent_id = who.agent or agent
    async with connection(request.app.state.pool) as db:
        profile = await _profile(db, agent_id) if agent_id else None
        rows = await db.fetch(queries["inbox"], *_selection(caller, agent_id), *_position(cursor), limit + 1)
        progress = await db.fetchrow(queries["progress_of"], agent_id, month_begins(now)) if agent_id else None
    page = rows[:limit]
    return {
        "as_of": now,
        "agent": profile and {"id": profile["agent_id"], "name": profile["name"], "regions": profile["regions"]},
        "progress": profile and progress and _progress(profile, progress),
        "tasks": [card(row, request.app.state.regions, jakarta.day_of(now)) for row in page],
        "next_cursor": _cursor(page[-1]) if len(rows) > limit else None,
    }


@router.post("/tasks/{task_id}/claim", responses=described(409), summary="Take a task in hand")
async def claim(task_id: str, request: Request, caller: Caller, idempotency_key: RequestKey = None) -> dict[str, Any]:
    """Others who could do it see that it is taken. 409 when somebody else has it, or it is over."""
    return await claim_task(request, caller, task_id, idempotency_key)


async def claim_task(request: Request, caller: Holder, task_id: str, key: str | None = None) -> dict[str, Any]:
    """The answer, for the page too."""
    return await _once(
        request,
        caller,
        key,
        f"claim {task_id}",
        lambda db: acting.claim(db, caller, task_id, request.app.state.scheduler),
    )


@router.post("/tasks/{task_id}/snooze", responses=described(409), summary="Let a task rest until a day")
async def snooze(
    task_id: str, body: Snoozed, request: Request, caller: Caller, idempotency_key: RequestKey = None
) -> dict[str, Any]:
    return await snooze_task(request, caller, task_id, body.until, idempotency_key)


async def snooze_task(
    request: Request, caller: Holder, task_id: str, until: date, key: str | None = None
) -> dict[str, Any]:
    """The answer, for the page too."""
    scheduler = request.app.state.scheduler
    today = jakarta.day_of(scheduler.now())
    if not today < until <= today + LONGEST_SNOOZE:
        detail = f"until: a day after today, at most {LONGEST_SNOOZE.days} days ahead."
        raise Problem(422, "invalid_date", detail, field="until")
    return await _once(
        request,
        caller,
        key,
        f"snooze {task_id} {until}",
        lambda db: acting.snooze(db, caller, task_id, scheduler, until),
    )


@router.post("/tasks/{task_id}/done", responses=described(409), summary="Say what a visit or check found")
async def done(
    task_id: str, body: Done, request: Request, caller: Caller, idempotency_key: RequestKey = None
) -> dict[str, Any]:
    """`refused` stops reminders; `already_enrolled` asks the BPJS office, and reminders wait for its answer;
    `wrong_number` marks the phone. 409 when the task is over meanwhile, with why."""
    return await end_task(request, caller, task_id, body.outcome, idempotency_key)


async def end_task(
    request: Request, caller: Holder, task_id: str, outcome: Outcome, key: str | None = None
) -> dict[str, Any]:
    """The answer, for the page too."""
    scheduler = request.app.state.scheduler
    return await _once(
        request,
        caller,
        key,
        f"done {task_id} {outcome}",
        lambda db: acting.done(db, caller, task_id, scheduler, outcome),
    )


async def _once(
    request: Request,
    caller: Holder,
    key: str | None,
    asked: str,
    act: Callable[[asyncpg.Connection], Awaitable[dict[str, Any]]],
) -> dict[str, Any]:
    """Act, or give the answer that the same request got before. Raises Problem for a key that another one had."""
    if a_uuid(asked.split()[1]) is None:
        raise not_found()
    async with transaction(request.app.state.pool) as db:
        if key is None:
            answer = await act(db)
        else:
            answer = await _act_once(db, request, caller, key, asked, act)
    wake_parts(request)
    return answer


async def _act_once(
    db: asyncpg.Connection,
    request: Request,
    caller: Holder,
    key: str,
    asked: str,
    act: Callable[[asyncpg.Connection], Awaitable[dict[str, Any]]],
) -> dict[str, Any]:
    body = hashlib.sha256(asked.encode()).hexdigest()
    await db.execute(queries["lock_request"], caller.name, key)
    before = await db.fetchrow(queries["request"], caller.name, key)
    if before is not None:
        if before["body"] != body:
            raise Problem(422, "id_reused", "This Idempotency-Key was used for another request.")
        answered: dict[str, Any] = msgspec.json.decode(before["answer"])
        return answered
    answer = await act(db)
    text = msgspec.json.encode(answer).decode()
    await db.execute(queries["add_request"], caller.name, key, body, text, request.app.state.scheduler.now())
    return answer


async def _profile(db: asyncpg.Connection, agent_id: str) -> asyncpg.Record:
    number = a_uuid(agent_id)
    found = await db.fetchrow(queries["profile"], number) if number else None
    if found is None:
        raise not_found()
    return found


def _selection(caller: Holder, agent_id: str | None) -> tuple[Any, ...]:
    """The first parameters of the query `inbox`."""
    if agent_id is not None:
        return agent_id, [], [], None, None
    return None, list(caller.levels), caller.regencies, caller.agency_limit, caller.principal.agency


def _progress(profile: asyncpg.Record, counts: asyncpg.Record) -> dict[str, Any]:
    """This month, in Jakarta."""
    return {
        "open": counts["open"],
        "claimed": counts["claimed"],
        "visited": counts["done"],
        "registered": counts["registered"],
        "target": profile["monthly_target"],
    }


def _cursor(row: asyncpg.Record) -> str:
    text = f"{row['priority']}|{row['opened_at'].isoformat()}|{row['task_id']}"
    return base64.urlsafe_b64encode(text.encode()).decode()


def _position(cursor: str | None) -> tuple[int, datetime, str]:
    if not cursor:
        return FIRST
    refused = Problem(422, "invalid_value", "cursor: as in next_cursor.", field="cursor")
    try:
        priority, at, task_id = base64.urlsafe_b64decode(cursor.encode()).decode().split("|")
        position = (int(priority[:3]), datetime.fromisoformat(at), a_uuid(task_id))
    except ValueError:
        raise refused from None
    if position[2] is None or position[1].tzinfo is None or not is_believable(position[1]):
        raise refused
    return position[0], position[1], position[2]
