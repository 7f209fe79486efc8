"""Calculates all due times again when another policy takes effect: set by the operator, or because its day has come."""

from datetime import timedelta
from uuid import uuid4

import asyncpg

from services.notifications.policy_store import PolicyStore
from services.notifications.queries import queries
from services.notifications.schedule import BEFORE_FIRST_ID, Scheduler
from shared.database import connection, transaction
from shared.observability import get_logger
from shared.part import Part

log = get_logger(__name__)

POLL_SECONDS = 5.0
CHUNK = 2000
LEASE = timedelta(seconds=20)
"""How long another process waits for one that no longer goes on."""


class Rescheduler(Part):
    """Goes through all partners once for each change; begins again if interrupted. Woken when a policy is set."""

    stalled_after = 600.0

    def __init__(self, pool: asyncpg.Pool, scheduler: Scheduler, policies: PolicyStore) -> None:
        super().__init__("rescheduler")
        self._pool = pool
        self._scheduler = scheduler
        self._policies = policies
        self._owner = uuid4()

    async def step(self) -> float:
        await self.apply_policy()
        return POLL_SECONDS

    async def apply_policy(self) -> bool:
        """Reschedule all partners if another policy is effective than the one applied; whether this process did."""
        async with connection(self._pool) as db:
            version = await self._policies.version_at(db, self._scheduler.now())
            applied = await db.fetchval(queries["applied_policy"])
        if version == applied or not await self._take():
            return False
        count = await self._reschedule_all()
        async with connection(self._pool) as db:
            if count is None:
                await db.execute(queries["release_rescheduling"], self._owner)
            else:
                await db.execute(queries["set_applied_policy"], version)
                log.info("due times calculated again", partners=count)
        return True

    async def _take(self) -> bool:
        """Whether it is this process that does it, or goes on with it: of several one is enough."""
        async with connection(self._pool) as db:
            return bool(await db.fetchval(queries["take_rescheduling"], self._owner, LEASE))

    async def _reschedule_all(self) -> int | None:
        """How many partners were rescheduled, a transaction for each page of them; None: not all were."""
        last, count = BEFORE_FIRST_ID, 0
        while not self.stopping and await self._take():
            async with transaction(self._pool) as db:
                ids = [row[0] for row in await db.fetch(queries["partner_ids_after"], last, CHUNK)]
                if not ids:
                    return count
                await self._scheduler.reschedule(db, ids)
            last, count = ids[-1], count + len(ids)
            self.progressed()
        return None
