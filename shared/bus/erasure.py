"""Deletes the dead letters of those who were erased: what could not be used may hold personal data all the same."""

from collections.abc import Awaitable, Callable

import asyncpg
from aiokafka.errors import KafkaError

from shared.bus import redrive
from shared.database import UNAVAILABLE, transaction
from shared.observability import get_logger
from shared.part import Part

log = get_logger(__name__)

LOOK_EVERY = 5.0

Take = Callable[[asyncpg.Connection], Awaitable[redrive.Wanted | None]]
"""Takes the notes of who was erased, in the given transaction; which letters those mean, None without a note."""


class DeadLetterEraser(Part):
    """Works off the erasures of one topic; what stops half-way begins again. Woken when somebody is erased."""

    waits_for = (*UNAVAILABLE, KafkaError, TimeoutError)

    def __init__(self, pool: asyncpg.Pool, topic: str, take: Take, *, kafka: str, prefix: str = "") -> None:
        super().__init__("dead_letter_eraser")
        self._pool = pool
        self._topic = topic
        self._take = take
        self._kafka = kafka
        self._prefix = prefix

    async def step(self) -> float:
        await self.erase()
        return LOOK_EVERY

    async def erase(self) -> int:
        """Delete those there are now; how many letters. Whoever is erased anew meanwhile waits for the commit."""
        async with transaction(self._pool) as db:
            wanted = await self._take(db)
            if wanted is None:
                return 0
            gone = await redrive.forget(self._kafka, self._topic, wanted, prefix=self._prefix)
        if gone:
            log.info("dead letters of the erased deleted", topic=self._topic, count=gone)
        return gone
