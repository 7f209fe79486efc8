"""Whether the facts on the log are read: what is not read yet may say that somebody has registered long ago."""

import asyncio
import time

import asyncpg
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from services.notifications.queries import queries
from shared.database import connection
from shared.observability import get_logger

log = get_logger(__name__)

TOLD_WITHIN = 3.0
READ_WITHIN = 2.0
LOOK_EVERY = 0.05
BELIEVED_FOR = 1.0

Ends = list[tuple[str, int, int]]
"""(topic, partition, end) each."""


class Backlog:
    """Compares the log's ends with what is applied, by whichever process; not knowing counts as not read."""

    def __init__(self, pool: asyncpg.Pool, *, kafka: str, topics: tuple[str, ...], prefix: str = "") -> None:
        self._pool = pool
        self._kafka = kafka
        self._topics = topics
        self._prefix = prefix
        self._read_up_to = -BELIEVED_FOR
        self._asking = asyncio.Lock()

    async def worked_off(self) -> bool:
        """Whether all that stood on the log a second ago, or less, is applied. Raises one of UNAVAILABLE."""
        async with self._asking:
            begun = time.monotonic()
            if begun - self._read_up_to < BELIEVED_FOR:
                return True
            try:
                async with asyncio.timeout(TOLD_WITHIN):
                    ends = await self._ends()
            except (KafkaError, TimeoutError) as problem:
                log.warning("nothing is sent: the log does not answer", problem=type(problem).__name__)
                return False
            if not await self._reached(ends):
                return False
            self._read_up_to = begun
            return True

    async def _ends(self) -> Ends:
        names = [self._prefix + topic for topic in self._topics]
        reader = AIOKafkaConsumer(*names, bootstrap_servers=self._kafka, auto_offset_reset="latest")
        try:
            await reader.start()
            found = await reader.end_offsets(reader.assignment())
        finally:
            await reader.stop()
        return [(tp.topic.removeprefix(self._prefix), tp.partition, end) for tp, end in found.items()]

    async def _reached(self, ends: Ends) -> bool:
        """Facts keep coming, so the ends of a moment ago are waited for."""
        columns = [list(column) for column in zip(*ends, strict=True)]
        deadline = time.monotonic() + READ_WITHIN
        while True:
            async with connection(self._pool) as db:
                if not await db.fetchval(queries["is_behind"], *columns):
                    return True
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(LOOK_EVERY)
