"""What is done about a task: taken in hand, put off, ended with what was found. Inside the caller's transaction."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal

import asyncpg

from services.notifications.agents.holding import touch_by
from services.notifications.agents.queries import queries
from services.notifications.agents.tasks import Asked, open_tasks
from services.notifications.outreach_events import task_closed
from services.notifications.schedule import Scheduler
from shared.bus import outbox
from shared.problems import Problem, not_found
from shared.regions import Regions
from shared.security import Principal

Outcome = Literal["visited", "agreed", "refused", "unreachable", "already_enrolled", "wrong_number", "not_enrolled"]
OF_VISITS: Final = ("visited", "agreed", "refused", "unreachable", "already_enrolled", "wrong_number")
OF_CHECKS: Final = ("already_enrolled", "not_enrolled")

CLOSED_BY: Final = {
    "registered": "The business registered meanwhile: nothing is left to do.",
    "opted_out": "The business asked not to be contacted meanwhile: please leave it alone.",
    "merged": "The business was found to be the same as another one: its task goes on there.",
    "erased": "The business was erased meanwhile: nothing is left to do.",
    "delisted": "No list names the business any more: nothing is left to do.",
    "reachable": "The business can be reminded again: no visit is needed now.",
}
DONE_BEFORE: Final = "The task was ended before, with another outcome."
GIVEN_AWAY: Final = "The task was given to somebody else meanwhile: you need not go."
TAKEN: Final = "Somebody else has taken this task in hand: please choose another."


@dataclass(frozen=True, slots=True)
class Holder:
    """Who acts. `name` is kept beside what it did: an id, nothing personal."""

    principal: Principal
    regions: Regions

    @property
    def name(self) -> str:
        who = self.principal
        return "admin" if who.admin else f"agent:{who.agent}" if who.agent else f"agency:{who.agency}"

    @property
    def levels(self) -> tuple[str, ...]:
        """At which levels tasks lie with this caller: agencies that list, offices of BPJS, all of them."""
        if self.principal.admin:
            return ("agent", "agency", "office")
        may = {"publish": "agency", "enroll": "office"}
        return tuple(level for scope, level in may.items() if self.principal.may(scope))

    @property
    def regencies(self) -> list[str]:
        """Those in which it may see tasks."""
        outers = ("ID",) if self.principal.admin else self.principal.regions
        return sorted({code for outer in outers for code in self.regions.regencies(outer)})

    @property
    def agency_limit(self) -> str | None:
        """The agency whose lists limit what it sees; None: no limit."""
        return None if self.principal.may("enroll") else (self.principal.agency or "")

    def may_see(self, task: asyncpg.Record) -> bool:
        who = self.principal
        if who.agent is not None:
            return who.agent == task["agent"] or who.agent in task["left_by_agents"]
        if who.admin:
            return True
        is_listed = self.agency_limit is None or self.agency_limit in task["agencies"].split()
        lies_here = task["level"] in self.levels and is_listed
        is_own = who.agency is not None and task["agency_of_agent"] == who.agency
        return (lies_here or is_own) and self.regions.within(who.regions, task["region"] or "")


async def claim(db: asyncpg.Connection, holder: Holder, task_id: str, scheduler: Scheduler) -> dict[str, Any]:
    """Take it in hand; once more changes nothing."""
    task, now = await _open_task(db, holder, task_id, scheduler), scheduler.now()
    await db.execute(queries["claim_task"], task["id"], holder.name, now, touch_by(task["level"], now))
    return await _after(db, task_id)


async def snooze(
    db: asyncpg.Connection, holder: Holder, task_id: str, scheduler: Scheduler, until: date
) -> dict[str, Any]:
    """Let it rest until this day."""
    task, now = await _open_task(db, holder, task_id, scheduler), scheduler.now()
    await db.execute(queries["snooze_task"], task["id"], until, touch_by(task["level"], now, until))
    return await _after(db, task_id)


async def done(
    db: asyncpg.Connection, holder: Holder, task_id: str, scheduler: Scheduler, outcome: Outcome
) -> dict[str, Any]:
    """Say what was found; the same once more changes nothing. What follows: `refused` stops, `already_enrolled` waits
    for an office's answer, `not_enrolled` asks for another visit."""
    task, now = await _open_task(db, holder, task_id, scheduler, outcome), scheduler.now()
    if task["closed_at"] is not None:
        return _shown(task)
    possible = OF_VISITS if task["kind"] == "visit" else OF_CHECKS
    if outcome not in possible:
        detail = f"outcome: of this task it is one of {', '.join(possible)}."
        raise Problem(422, "invalid_value", detail, field="outcome")
    await db.execute(queries["end_task"], task["id"], outcome, holder.name, now)
    await _record(db, task, outcome, now)
    await scheduler.reschedule(db, [task["partner"]])
    follows = _follows(task, outcome)
    await open_tasks(db, [follows] if follows else [], scheduler.regions, now)
    return await _after(db, task_id)


async def _open_task(
    db: asyncpg.Connection, holder: Holder, task_id: str, scheduler: Scheduler, outcome: str | None = None
) -> asyncpg.Record:
    """The task, locked with its partner; a closed one if this caller ended it with this outcome. Raises Problem."""
    found = await _find(db, task_id)
    if found is not None:
        await scheduler.lock(db, [found])
    task = await db.fetchrow(queries["task"], task_id) if found is not None else None
    if task is None or not holder.may_see(task):
        raise not_found()
    if task["closed_at"] is not None:
        if outcome is not None and (task["closed_by"], task["outcome"]) == (holder.name, outcome):
            return task
        detail = DONE_BEFORE if task["closed_by"] else CLOSED_BY.get(task["outcome"], "The task is over.")
        raise Problem(409, "conflict", detail)
    if holder.principal.agent is not None and holder.principal.agent != task["agent"]:
        raise Problem(409, "conflict", GIVEN_AWAY)
    if task["claimed_by"] is not None and task["claimed_by"] != holder.name:
        raise Problem(409, "conflict", TAKEN)
    return task


async def _find(db: asyncpg.Connection, task_id: str) -> str | None:
    """The partner of a task, None for an id that nobody has."""
    partner_id: str | None = await db.fetchval(queries["partner_of_task"], task_id)
    return partner_id


async def _record(db: asyncpg.Connection, task: asyncpg.Record, outcome: str, now: datetime) -> None:
    """What was found, in the partner's history and on `outreach`."""
    found = "confirmed" if (task["kind"], outcome) == ("check", "already_enrolled") else outcome
    causation = f"task-{task['id']}"
    await db.execute(queries["add_visit"], task["partner"], task["kind"], task["episode"], causation, found, now)
    if outcome == "wrong_number":
        await db.execute(queries["add_wrong_number"], task["partner"], now)
    region = task["region"] or "ID"
    event = task_closed(task["partner"], region, now, task_id=task["id"], agent_id=task["agent"], outcome=found)
    await outbox.add(db, [event])


def _follows(task: asyncpg.Record, outcome: str) -> Asked | None:
    reasons = {"already_enrolled": "said_enrolled"} if task["kind"] == "visit" else {"not_enrolled": "not_enrolled"}
    if outcome not in reasons:
        return None
    return Asked(task["partner"], task["episode"], reasons[outcome], f"task-{task['id']}")


async def _after(db: asyncpg.Connection, task_id: str) -> dict[str, Any]:
    (task,) = await db.fetch(queries["task"], task_id)
    return _shown(task)


def _shown(task: asyncpg.Record) -> dict[str, Any]:
    """A task as it is now; nothing personal."""
    return {
        "id": task["id"],
        "partner_id": task["partner"],
        "kind": task["kind"],
        "level": task["level"],
        "agent_id": task["agent"],
        "claimed_at": task["claimed_at"],
        "snoozed_until": task["snoozed_until"],
        "closed_at": task["closed_at"],
        "outcome": task["outcome"],
    }
