"""Counts every now and then what nobody can count while somebody waits: why partners get a message or none, what is due
when, and the dead letters of what this service reads."""

import asyncio
import time
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Final

import asyncpg
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from services.notifications.queries import queries
from services.notifications.schedule import Scheduler
from shared import jakarta
from shared.bus.dead_letter_reader import Waiting, reader, waiting_dead_letters
from shared.database import UNAVAILABLE, transaction
from shared.part import Part

REST_SECONDS: Final = 10.0
REST_SHARE: Final = 50.0
"""Rests fifty times as long as counting took: two percent of a processor at most, whatever there is to count."""
AHEAD: Final = timedelta(days=31)
ANSWERED_WITHIN: Final = 10.0


class Tally(Part):
    """One of all processes counts the partners; each looks at the dead letters itself."""

    waits_for = (*UNAVAILABLE, KafkaError, TimeoutError)
    tolerates = (*UNAVAILABLE, KafkaError, TimeoutError)
    stalled_after = 600.0

    def __init__(
        self, pool: asyncpg.Pool, scheduler: Scheduler, topics: tuple[str, ...], *, kafka: str, prefix: str = ""
    ) -> None:
        super().__init__("tally")
        self._pool, self._scheduler = pool, scheduler
        self._topics, self._kafka, self._prefix = topics, kafka, prefix
        self._pause = REST_SECONDS
        self._open = AsyncExitStack()
        self._reader: AIOKafkaConsumer | None = None
        """A client is kept from one look to the next: its start costs ten times a look."""
        self.dead_letters: dict[str, Waiting] = {}
        """By topic, of whichever service, when they were last looked at."""

    async def step(self) -> float:
        began = time.monotonic()
        await self.count()
        self._pause = max(REST_SECONDS, REST_SHARE * (time.monotonic() - began))
        await self.look_at_dead_letters()
        return self._pause

    async def close(self) -> None:
        self._reader = None
        await self._open.aclose()

    async def count(self) -> None:
        """Count the partners, unless another process does or has just done so."""
        now = self._scheduler.now()
        async with transaction(self._pool) as db:
            if await db.fetchval(queries["begin_counting"], now, now - timedelta(seconds=self._pause / 2)):
                await db.execute(queries["count_reasons"], jakarta.day_of(now))
                await db.execute(queries["count_due"], now, now + AHEAD)

    async def look_at_dead_letters(self) -> None:
        """Raises KafkaError or TimeoutError; what was seen before is then still reported."""
        try:
            async with asyncio.timeout(ANSWERED_WITHIN):
                if self._reader is None:
                    self._reader = await self._open.enter_async_context(reader(self._kafka))
                found = await waiting_dead_letters(self._reader, prefix=self._prefix)
        except (KafkaError, TimeoutError):
            await self.close()
            raise
        self.dead_letters = {topic: each for topic, each in found.items() if topic in self._topics}
