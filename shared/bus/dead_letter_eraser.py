"""Deletes the dead letters of persons who were erased: a record that could not be used may hold personal data too."""

from collections.abc import Awaitable, Callable

import asyncpg
from aiokafka.errors import KafkaError

from shared.bus import redrive
from shared.bus.dead_letters import Matches
from shared.database import UNAVAILABLE, transaction
from shared.observability import get_logger
from shared.part import Part

log = get_logger(__name__)

POLL_SECONDS = 5.0

TakeErasures = Callable[[asyncpg.Connection], Awaitable[Matches | None]]
"""Removes the notes about erased persons in the given transaction; returns which dead letters are theirs, or None when
there is no note."""


class DeadLetterEraser(Part):
    """Works through the erasures of one topic: woken by whoever erases, and every POLL_SECONDS.

    What stops half-way starts again from its beginning, since the notes are only gone once the transaction commits.
    """

    waits_for = (*UNAVAILABLE, KafkaError, TimeoutError)

    def __init__(
        self, pool: asyncpg.Pool, topic: str, take_erasures: TakeErasures, *, kafka: str, prefix: str = ""
    ) -> None:
        super().__init__("dead_letter_eraser")
        self._pool = pool
        self._topic = topic
        self._take_erasures = take_erasures
        self._kafka = kafka
        self._prefix = prefix

    async def step(self) -> float:
        await self.erase()
        return POLL_SECONDS

    async def erase(self) -> int:
        """Delete the dead letters of everyone erased so far; returns how many. Who erases the same person again
        meanwhile waits until this transaction commits."""
        async with transaction(self._pool) as db:
            matches = await self._take_erasures(db)
            if matches is None:
                return 0
            erased = await redrive.erase(self._kafka, self._topic, matches, prefix=self._prefix)
        if erased:
            log.info("dead letters of erased persons deleted", topic=self._topic, count=erased)
        return erased
