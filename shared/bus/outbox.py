"""The transactional outbox: a state and its event are committed together, the relay publishes afterwards."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress

import asyncpg
from aiokafka.errors import KafkaError

from shared.bus.producer import Producer
from shared.bus.records import Outgoing
from shared.database import UNAVAILABLE, connection
from shared.observability import get_logger
from shared.service import PartStatus

log = get_logger(__name__)

COLUMNS = ("topic", "key", "type", "event_id", "time", "value")
CHUNK = 5_000
POLL_SECONDS = 0.25
LONGEST_BACK_OFF = 10.0
STALLED_AFTER = 60.0


async def add(db: asyncpg.Connection, events: Sequence[Outgoing]) -> None:
    """Write the events within the caller's transaction; the order of one key is the order of the calls.

    The caller serialises writers of one key (a row or advisory lock held until commit).
    """
    if events:
        rows = [(e.topic, e.key, e.type, e.id, e.time, e.value) for e in events]
        await db.copy_records_to_table("outbox", records=rows, columns=COLUMNS)


class Relay:
    """Publishes the outbox in the order of its ids and removes what the broker acknowledged.

    Reads whatever is visible now and deletes only what it published, so an id that commits late is never skipped.
    One relay of a service works at a time (advisory lock); a crash between publishing and deleting publishes again.
    """

    name = "relay"

    def __init__(self, pool: asyncpg.Pool, *, kafka: str, source: str, prefix: str = "") -> None:
        self._pool = pool
        self._producer = Producer(kafka, source, prefix=prefix)
        self._wake = asyncio.Event()
        self._stopping = False
        self._last_progress = time.monotonic()
        self._trouble: str | None = None
        self._published = 0

    def wake(self) -> None:
        """Say that something was committed; the poll would find it a little later anyway."""
        self._wake.set()

    async def run(self) -> None:
        back_off = POLL_SECONDS
        while not self._stopping:
            try:
                await self._publish_until_empty()
                self._trouble, back_off = None, POLL_SECONDS
            except (*UNAVAILABLE, KafkaError, TimeoutError) as problem:
                self._trouble = type(problem).__name__
                log.warning("relay waits", problem=self._trouble, seconds=back_off)
                back_off = min(back_off * 2, LONGEST_BACK_OFF)
            await self._pause(back_off)
        await self._producer.stop()

    async def stop(self) -> None:
        self._stopping = True
        self._wake.set()

    def status(self) -> PartStatus:
        stalled = time.monotonic() - self._last_progress > STALLED_AFTER
        detail = {"published": self._published, "trouble": self._trouble}
        return PartStatus(live=not stalled or self._trouble is not None, ready=self._trouble is None, detail=detail)

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), seconds)
        self._wake.clear()

    async def _publish_until_empty(self) -> None:
        async with connection(self._pool) as db:
            if not await db.fetchval("select pg_try_advisory_lock(hashtext(current_schema() || '/relay'))"):
                self._last_progress = time.monotonic()
                return
            try:
                while not self._stopping and await self._publish_chunk(db):
                    pass
            finally:
                if not db.is_closed():
                    await db.execute("select pg_advisory_unlock(hashtext(current_schema() || '/relay'))")
        self._last_progress = time.monotonic()

    async def _publish_chunk(self, db: asyncpg.Connection) -> bool:
        rows = await db.fetch(
            "select id, topic, key, type, event_id, time, value from outbox order by id limit $1", CHUNK
        )
        await self._producer.publish([Outgoing(*tuple(row)[1:]) for row in rows])
        await db.execute("delete from outbox where id = any($1::bigint[])", [row["id"] for row in rows])
        self._published += len(rows)
        self._last_progress = time.monotonic()
        return len(rows) == CHUNK
