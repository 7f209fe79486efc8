"""Whether the facts on the log are applied: one that is not applied yet may say that somebody registered long ago."""

import asyncio
import time

import asyncpg
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from services.notifications.queries import queries
from shared.bus.kafka_url import aiokafka_options
from shared.database import columns, connection
from shared.observability import get_logger

log = get_logger(__name__)

ENDS_TIMEOUT = 3.0
"""Seconds within which the log has to return its ends."""
APPLY_TIMEOUT = 2.0
"""Seconds to wait until what is before these ends is applied."""
POLL_SECONDS = 0.05
VALID_FOR = 1.0
"""Seconds for which 'caught up' is returned without another look."""

Ends = list[tuple[str, int, int]]
"""(topic, partition, end) each."""


class Backlog:
    """Compares the log's ends with what is applied, by whichever process. When the ends are not known, there is one."""

    def __init__(self, pool: asyncpg.Pool, *, kafka: str, topics: tuple[str, ...], prefix: str = "") -> None:
        self._pool = pool
        self._kafka = kafka
        self._topics = topics
        self._prefix = prefix
        self._caught_up_at = -VALID_FOR
        self._lock = asyncio.Lock()

    async def is_caught_up(self) -> bool:
        """Whether all that was on the log a second ago, or less, is applied. Raises one of UNAVAILABLE."""
        async with self._lock:
            begun = time.monotonic()
            if begun - self._caught_up_at < VALID_FOR:
                return True
            try:
                async with asyncio.timeout(ENDS_TIMEOUT):
                    ends = await self._ends()
            except (KafkaError, TimeoutError) as problem:
                log.warning("nothing is sent: the log does not answer", problem=type(problem).__name__)
                return False
            if not await self._is_applied(ends):
                return False
            self._caught_up_at = begun
            return True

    async def _ends(self) -> Ends:
        names = [self._prefix + topic for topic in self._topics]
        reader = AIOKafkaConsumer(*names, **aiokafka_options(self._kafka), auto_offset_reset="latest")
        try:
            await reader.start()
            found = await reader.end_offsets(reader.assignment())
        finally:
            await reader.stop()
        return [(tp.topic.removeprefix(self._prefix), tp.partition, end) for tp, end in found.items()]

    async def _is_applied(self, ends: Ends) -> bool:
        """Whether all before these ends is applied within APPLY_TIMEOUT: facts keep coming, so it waits a little."""
        deadline = time.monotonic() + APPLY_TIMEOUT
        while True:
            async with connection(self._pool) as db:
                if not await db.fetchval(queries["is_behind"], *columns(ends)):
                    return True
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(POLL_SECONDS)
