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
METADATA_MS = 10_000
"""Milliseconds after which partitions that were added are noticed."""

Ends = list[tuple[str, int, int]]
"""(topic, partition, end) each."""


class Backlog:
    """Compares the log's ends with what is applied, by whichever process. When the ends are not known, there is one."""

    def __init__(self, pool: asyncpg.Pool, *, kafka: str, topics: tuple[str, ...], prefix: str = "") -> None:
        self._pool = pool
        self._kafka = kafka
        self._topics = topics
        self._prefix = prefix
        self._reader: AIOKafkaConsumer | None = None
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

    async def close(self) -> None:
        """End the connection to the log, which is kept between two looks."""
        reader, self._reader = self._reader, None
        if reader is not None:
            await reader.stop()

    async def _ends(self) -> Ends:
        try:
            reader = await self._open()
            reader.pause(*reader.assignment())  # only its ends are asked for; again, since partitions may be added
            found = await reader.end_offsets(reader.assignment())
        except BaseException:
            await self.close()
            raise
        return [(tp.topic.removeprefix(self._prefix), tp.partition, end) for tp, end in found.items()]

    async def _open(self) -> AIOKafkaConsumer:
        if self._reader is None:
            self._reader = AIOKafkaConsumer(
                *[self._prefix + topic for topic in self._topics],
                **aiokafka_options(self._kafka),
                auto_offset_reset="latest",
                metadata_max_age_ms=METADATA_MS,
            )
            await self._reader.start()
        return self._reader

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
