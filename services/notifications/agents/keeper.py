"""Looks after open tasks: gives waiting ones to agents with room, passes on the untouched, opens what is missing."""

from datetime import timedelta
from typing import Final

import asyncpg

from services.notifications.agents import tasks
from services.notifications.agents.queries import queries
from services.notifications.agents.tasks import BEFORE_FIRST, PAGE, Asked
from services.notifications.facts import Facts
from services.notifications.queries import queries as sending_queries
from services.notifications.schedule import Scheduler
from shared.database import connection, transaction
from shared.part import Part

POLL_SECONDS: Final = 15.0
SEARCHED_EVERY: Final = 40
"""Steps between two searches for partners that are to be visited and have no task."""
ANSWERS_KEPT: Final = timedelta(days=30)
FIRST_PAGE: Final = (0, BEFORE_FIRST)


class TaskKeeper(Part):
    """Woken when agents change. Several processes may do this at the same time: rows are locked, or skipped."""

    stalled_after = 600.0

    def __init__(self, pool: asyncpg.Pool, scheduler: Scheduler) -> None:
        super().__init__("task_keeper")
        self._pool = pool
        self._scheduler = scheduler
        self._steps = 0

    async def step(self) -> float:
        await self.pass_up()
        await self.give_waiting()
        async with connection(self._pool) as db:
            await db.execute(sending_queries["sum_sent_counts"])
            await db.execute(sending_queries["sum_unsent_counts"])
        if self._steps % SEARCHED_EVERY == 0:
            await self.open_missing()
            async with connection(self._pool) as db:
                await db.execute(queries["drop_requests"], self._scheduler.now() - ANSWERS_KEPT)
        self._steps += 1
        return POLL_SECONDS

    async def pass_up(self) -> None:
        """What nobody touched in time goes one level up."""
        passed = PAGE
        while passed == PAGE and not self.stopping:
            async with transaction(self._pool) as db:
                passed = await tasks.pass_up(db, self._scheduler.now())
            self.progressed()

    async def give_waiting(self) -> None:
        """Visits that no agent has are given to those with room."""
        after: tuple[int, str] | None = FIRST_PAGE
        while after is not None and not self.stopping:
            async with transaction(self._pool) as db:
                after = await tasks.give_waiting(db, self._scheduler.regions, self._scheduler.now(), after)
            self.progressed()

    async def open_missing(self) -> None:
        """Tasks for partners that are to be visited and have none: those that another was merged into, or that were
        split off again, and those of before there were tasks."""
        last = BEFORE_FIRST
        while not self.stopping:
            async with transaction(self._pool) as db:
                ids = [row["partner_id"] for row in await db.fetch(queries["without_task"], last, PAGE)]
                if not ids:
                    return
                await self._scheduler.lock(db, ids)
                facts = await self._scheduler.facts(db, ids)
                asked = [each for each in map(_missing, facts) if each is not None]
                await tasks.open_tasks(db, asked, self._scheduler.regions, self._scheduler.now())
            last = ids[-1]
            self.progressed()


def _missing(facts: Facts) -> Asked | None:
    """The task that the partner should have; None for one that was visited."""
    if facts.listed_known_at is None or facts.visited_on is not None:
        return None
    was_reminded = facts.escalated_at is not None and facts.local_day(facts.escalated_at) > facts.anchor
    return Asked(facts.partner_id, facts.anchor, "unanswered" if was_reminded else "unreachable", "escalation")
