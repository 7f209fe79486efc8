"""Calculates all due times again when another policy takes effect: set by the operator, or because its day has come."""

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


class Rescheduler(Part):
    """Goes through all partners once for each change; begins again if interrupted. Woken when a policy is set."""

    stalled_after = 600.0

    def __init__(self, pool: asyncpg.Pool, scheduler: Scheduler, policies: PolicyStore) -> None:
        super().__init__("rescheduler")
        self._pool = pool
        self._scheduler = scheduler
        self._policies = policies

    async def step(self) -> float:
        await self.apply_policy()
        return POLL_SECONDS

    async def apply_policy(self) -> bool:
        """Reschedule all partners if another policy is effective than the one applied; whether it was needed."""
        async with connection(self._pool) as db:
            version = await self._policies.version_at(db, self._scheduler.now())
            applied = await db.fetchval(queries["applied_policy"])
        if version == applied:
            return False
        count = await self._reschedule_all()
        if not self.stopping:
            async with transaction(self._pool) as db:
                await db.execute(queries["set_applied_policy"], version)
            log.info("due times calculated again", partners=count)
        return True

    async def _reschedule_all(self) -> int:
        """How many partners were rescheduled, a transaction for each page of them."""
        last, count = BEFORE_FIRST_ID, 0
        while not self.stopping:
            async with transaction(self._pool) as db:
                ids = [row[0] for row in await db.fetch(queries["partner_ids_after"], last, CHUNK)]
                if not ids:
                    break
                await self._scheduler.reschedule(db, ids)
            last, count = ids[-1], count + len(ids)
            self.progressed()
        return count
