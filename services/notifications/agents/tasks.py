"""Opens tasks and gives them to agents, closes those that are settled, passes on those that nobody touches.

Works inside the caller's transaction, which holds the schedules of the partners concerned.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import uuid4

import asyncpg

from services.notifications.agents.assignment import Agent, Visit, assign
from services.notifications.agents.caseload import ListName, keys_of
from services.notifications.agents.holding import PRIORITIES, Level, first_level, next_level, touch_by
from services.notifications.agents.queries import queries
from services.notifications.outreach_events import task_closed, task_opened
from shared import jakarta
from shared.bus import outbox
from shared.bus.records import Outgoing
from shared.database import columns
from shared.regions import Regions

BEFORE_FIRST = "00000000-0000-0000-0000-000000000000"
PAGE = 1000


@dataclass(frozen=True, slots=True)
class Asked:
    """A visit (or, `said_enrolled`, a check by BPJS) that is due. `causation`: what led to it, if no reminder did."""

    partner_id: str
    episode: date
    reason: str
    causation: str

    @property
    def kind(self) -> str:
        return "check" if self.reason == "said_enrolled" else "visit"


@dataclass(frozen=True, slots=True)
class NewTask:
    """A task as it is opened. `causation`: the last reminder, or what else led to it."""

    task_id: str
    asked: Asked
    region: str
    level: Level
    agent_id: str | None
    causation: str


async def open_tasks(db: asyncpg.Connection, asked: Sequence[Asked], regions: Regions, now: datetime) -> None:
    """One task for each of these partners that has none open, with an agent where one can take it."""
    if not asked:
        return
    rows = {row["partner_id"]: row for row in await db.fetch(queries["visits"], [each.partner_id for each in asked])}
    visits = [_visit(rows[each.partner_id], PRIORITIES[each.reason]) for each in asked if each.kind == "visit"]
    given = await _assigned(db, visits, regions)
    ordered = sorted(asked, key=lambda each: each.partner_id)
    new = [_new_task(each, rows[each.partner_id], given.get(each.partner_id)) for each in ordered]
    opened = {row["task_id"] for row in await db.fetch(queries["add_tasks"], *columns(map(_row(now), new)), now)}
    await outbox.add(db, [_opened(each, now) for each in new if each.task_id in opened])


async def close_settled(db: asyncpg.Connection, partner_ids: list[str], now: datetime) -> None:
    """Close what is open about those of these partners whose state asks for nobody any more."""
    closed = await db.fetch(queries["close_tasks"], partner_ids, jakarta.day_of(now), now)
    await outbox.add(db, [_closed(row, now) for row in closed])


async def free(
    db: asyncpg.Connection,
    agent_id: str,
    kept: list[str],
    regions: Regions,
    now: datetime,
    *,
    cooperatives: Sequence[str] = (),
    lists: Iterable[ListName] = (),
) -> None:
    """Give the open tasks of an agent outside this caseload, which lies in the regencies `kept`, to others, or to those
    that list the partners."""
    await db.execute(queries["lock_assignment"])  # before the tasks' rows, as everybody takes it
    caseload = (kept, list(cooperatives), sorted(keys_of(lists)))
    freed = [row["partner_id"] for row in await db.fetch(queries["free_tasks_of"], agent_id, *caseload)]
    rows = await db.fetch(queries["visits"], freed)
    given = await _assigned(db, [_visit(row, PRIORITIES["unanswered"]) for row in rows], regions)
    await _give(db, given, now)
    levels = {row["partner_id"]: first_level(None, _words(row["agencies"])) for row in rows}
    left = [(key, level, touch_by(level, now)) for key, level in sorted(levels.items()) if key not in given]
    await db.execute(queries["settle"], *columns(left, 3))


async def pass_up(db: asyncpg.Connection, now: datetime) -> int:
    """Tasks that were not touched in time go one level up, a page of them; how many."""
    rows = await db.fetch(queries["untouched"], now, PAGE)
    passed = [(row["task_id"], next_level(row["level"], _words(row["agencies"]))) for row in rows]
    table = [(task_id, level, touch_by(level, now)) for task_id, level in passed]
    await db.execute(queries["pass_up"], *columns(table, 3))
    return len(table)


async def give_waiting(
    db: asyncpg.Connection, regions: Regions, now: datetime, after: tuple[int, str]
) -> tuple[int, str] | None:
    """Visits that no agent has are given to those with room, a page of them; where the next page begins, None at the
    end."""
    await db.execute(queries["lock_assignment"])
    agents = [each for each in await _agents(db) if each.open_tasks < each.capacity]
    regencies = sorted({code for each in agents for outer in each.regions for code in regions.regencies(outer)})
    rows = await db.fetch(queries["waiting"], regencies, *after, PAGE) if regencies else []
    visits = [_visit(row, row["priority"]) for row in rows]
    await _give(db, assign(visits, agents, regions.regencies), now)
    return (rows[-1]["priority"], rows[-1]["partner_id"]) if len(rows) == PAGE else None


async def _assigned(db: asyncpg.Connection, visits: Sequence[Visit], regions: Regions) -> dict[str, str]:
    if not visits:
        return {}
    await db.execute(queries["lock_assignment"])
    return assign(visits, await _agents(db), regions.regencies)


async def _agents(db: asyncpg.Connection) -> list[Agent]:
    return [
        Agent(
            row["agent_id"],
            tuple(row["regions"]),
            row["capacity"],
            row["open_tasks"],
            row["limited_to"],
            frozenset(row["cooperatives"]),
            keys_of(map(ListName.parse, row["lists"])),
        )
        for row in await db.fetch(queries["agents_with_load"])
    ]


async def _give(db: asyncpg.Connection, given: dict[str, str], now: datetime) -> None:
    if given:
        await db.execute(queries["give"], *columns(sorted(given.items())), touch_by("agent", now))


def _visit(row: asyncpg.Record, priority: int) -> Visit:
    lists = _words(row["lists"] or "")
    return Visit(row["partner_id"], row["region"], _words(row["agencies"]), priority, row["cooperative_id"], lists)


def _new_task(asked: Asked, row: asyncpg.Record, agent_id: str | None) -> NewTask:
    level: Level = "office" if asked.kind == "check" else first_level(agent_id, _words(row["agencies"]))
    last = row["last_reminder"] if asked.reason == "unanswered" else None
    return NewTask(str(uuid4()), asked, row["region"] or "ID", level, agent_id, last or asked.causation)


def _row(now: datetime) -> Callable[[NewTask], tuple[Any, ...]]:
    """A task as the query `add_tasks` takes it."""

    def row(task: NewTask) -> tuple[Any, ...]:
        asked = task.asked
        why = (asked.kind, asked.episode, asked.reason, PRIORITIES[asked.reason], task.causation)
        return (task.task_id, asked.partner_id, *why, task.level, task.agent_id, touch_by(task.level, now))

    return row


def _opened(task: NewTask, now: datetime) -> Outgoing:
    return task_opened(
        task.asked.partner_id,
        task.region,
        now,
        task_id=task.task_id,
        reason=task.asked.reason,
        agent_id=task.agent_id,
        level=task.level,
        causation=task.causation,
    )


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _closed(row: asyncpg.Record, now: datetime) -> Outgoing:
    return task_closed(
        row["partner_id"],
        row["region"],
        now,
        task_id=row["task_id"],
        agent_id=row["agent_id"],
        outcome=row["outcome"],
    )
