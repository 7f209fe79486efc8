"""Reckons all due times anew when another policy takes effect: set by the operator, or because its day has come."""

import asyncpg

from services.notifications.policy_store import InForce
from services.notifications.queries import queries
from services.notifications.schedule import Scheduler
from shared.database import connection, transaction
from shared.observability import get_logger
from shared.part import Part

log = get_logger(__name__)

LOOK_EVERY = 5.0
CHUNK = 2000
FIRST = "00000000-0000-0000-0000-000000000000"


class Rescheduler(Part):
    """Walks over all partners once for each change; begins again if it was interrupted. Woken when a policy was set."""

    stalled_after = 600.0

    def __init__(self, pool: asyncpg.Pool, scheduler: Scheduler, in_force: InForce) -> None:
        super().__init__("rescheduler")
        self._pool = pool
        self._scheduler = scheduler
        self._in_force = in_force

    async def step(self) -> float:
        await self.apply()
        return LOOK_EVERY

    async def apply(self) -> bool:
        """Reckon anew if another policy holds than the one applied; whether it was needed."""
        async with connection(self._pool) as db:
            mark = await self._in_force.mark(db, self._scheduler.now())
            applied = await db.fetchval(queries["applied_policy"])
        if mark == applied:
            return False
        count = await self._walk()
        if not self.stopping:
            async with transaction(self._pool) as db:
                await db.execute(queries["set_applied_policy"], mark)
            log.info("due times reckoned anew", partners=count)
        return True

    async def _walk(self) -> int:
        last, count = FIRST, 0
        while not self.stopping:
            async with transaction(self._pool) as db:
                ids = [row[0] for row in await db.fetch(queries["partner_ids_after"], last, CHUNK)]
                if not ids:
                    break
                await self._scheduler.decide_again(db, ids)
            last, count = ids[-1], count + len(ids)
            self.progressed()
        return count
