"""Reckons all due times anew when another policy takes effect: set by the operator, or because its day has come."""

import asyncio
import time
from contextlib import suppress

import asyncpg

from services.notifications.policies import InForce
from services.notifications.queries import queries
from services.notifications.schedule import Scheduler
from shared.database import UNAVAILABLE, connection, transaction
from shared.observability import get_logger
from shared.service import PartStatus

log = get_logger(__name__)

LOOK_EVERY = 5.0
CHUNK = 2000
FIRST = "00000000-0000-0000-0000-000000000000"


class Replanner:
    """Walks over all partners once for each change; begins again if it was interrupted."""

    name = "replanner"

    def __init__(self, pool: asyncpg.Pool, scheduler: Scheduler, in_force: InForce) -> None:
        self._pool = pool
        self._scheduler = scheduler
        self._in_force = in_force
        self._stopping = asyncio.Event()
        self._look = asyncio.Event()
        self._trouble: str | None = "starting"
        self._applied = False
        self._progress = time.monotonic()

    def wake(self) -> None:
        """A policy was set: look at once."""
        self._look.set()

    async def run(self) -> None:
        while not self._stopping.is_set():
            try:
                await self.apply()
                self._trouble, self._applied = None, True
            except UNAVAILABLE as problem:
                self._trouble = type(problem).__name__
            self._progress = time.monotonic()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._look.wait(), LOOK_EVERY)
            self._look.clear()

    async def stop(self) -> None:
        self._stopping.set()
        self._look.set()

    def status(self) -> PartStatus:
        stalled = time.monotonic() - self._progress > 10 * 60
        return PartStatus(live=not stalled, ready=self._applied, detail={"trouble": self._trouble})

    async def apply(self) -> bool:
        """Reckon anew if another policy holds than the one applied; whether it was needed."""
        async with connection(self._pool) as db:
            mark = await self._in_force.mark(db, self._scheduler.now())
            applied = await db.fetchval(queries["applied"])
        if mark == applied:
            return False
        count = await self._walk()
        if not self._stopping.is_set():
            async with transaction(self._pool) as db:
                await db.execute(queries["set_applied"], mark)
            log.info("due times reckoned anew", partners=count)
        return True

    async def _walk(self) -> int:
        last, count = FIRST, 0
        while not self._stopping.is_set():
            async with transaction(self._pool) as db:
                ids = [row[0] for row in await db.fetch(queries["ids_after"], last, CHUNK)]
                if not ids:
                    break
                await self._scheduler.decide_again(db, ids)
            last, count = ids[-1], count + len(ids)
        return count
