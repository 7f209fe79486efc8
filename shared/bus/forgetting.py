"""Deletes the dead letters of those who were erased: what could not be used may hold personal data all the same."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import asyncpg
from aiokafka.errors import KafkaError

from shared.bus import redrive
from shared.database import UNAVAILABLE, transaction
from shared.observability import get_logger
from shared.service import PartStatus

log = get_logger(__name__)

LOOK_EVERY = 5.0
LONGEST_BACK_OFF = 60.0

Take = Callable[[asyncpg.Connection], Awaitable[redrive.Wanted | None]]
"""Takes the notes of who was erased, in the given transaction; which letters those mean, None without a note."""


class Forgetter:
    """Works off the notes of one topic; whatever stops it half-way, it begins again."""

    name = "forgetter"

    def __init__(self, pool: asyncpg.Pool, topic: str, take: Take, *, kafka: str, prefix: str = "") -> None:
        self._pool = pool
        self._topic = topic
        self._take = take
        self._kafka = kafka
        self._prefix = prefix
        self._woken = asyncio.Event()
        self._stopping = False
        self._trouble: str | None = None

    async def run(self) -> None:
        wait = LOOK_EVERY
        while not self._stopping:
            try:
                await self.forget()
                self._trouble, wait = None, LOOK_EVERY
            except (*UNAVAILABLE, KafkaError, TimeoutError) as problem:
                self._trouble = type(problem).__name__
                log.warning("dead letters of the erased wait to be deleted", topic=self._topic, problem=self._trouble)
                wait = min(wait * 2, LONGEST_BACK_OFF)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), wait)
            self._woken.clear()

    def wake(self) -> None:
        """Somebody was just erased."""
        self._woken.set()

    async def stop(self) -> None:
        self._stopping = True
        self._woken.set()

    def status(self) -> PartStatus:
        return PartStatus(live=True, ready=True, detail={"trouble": self._trouble})

    async def forget(self) -> int:
        """Delete those there are now; how many letters. Whoever is erased anew meanwhile waits for the commit."""
        async with transaction(self._pool) as db:
            wanted = await self._take(db)
            if wanted is None:
                return 0
            gone = await redrive.forget(self._kafka, self._topic, wanted, prefix=self._prefix)
        if gone:
            log.info("dead letters of the erased deleted", topic=self._topic, count=gone)
        return gone
