"""The transactional outbox: a state and its event are committed together, the relay publishes afterwards."""

from collections.abc import Sequence
from typing import Any

import asyncpg
from aiokafka.errors import KafkaError

from shared.bus.producer import Producer
from shared.bus.records import Outgoing
from shared.database import UNAVAILABLE, connection
from shared.part import Part

COLUMNS = ("topic", "key", "type", "event_id", "time", "value")
CHUNK = 5_000
POLL_SECONDS = 0.25


async def add(db: asyncpg.Connection, events: Sequence[Outgoing]) -> None:
    """Write the events within the caller's transaction; the order of one key is the order of the calls.

    The caller serialises writers of one key (a row or advisory lock held until commit).
    """
    if events:
        rows = [(e.topic, e.key, e.type, e.id, e.time, e.value) for e in events]
        await db.copy_records_to_table("outbox", records=rows, columns=COLUMNS)


class Relay(Part):
    """Publishes the outbox in the order of its ids and removes what the broker acknowledged.

    Reads whatever is visible now and deletes only what it published, so an id that commits late is never skipped.
    One relay of a service works at a time (advisory lock); a crash between publishing and deleting publishes again.
    Woken by who commits; the poll finds it a little later anyway.
    """

    waits_for = (*UNAVAILABLE, KafkaError, TimeoutError)

    def __init__(self, pool: asyncpg.Pool, *, kafka: str, source: str, prefix: str = "") -> None:
        super().__init__("relay")
        self._pool = pool
        self._producer = Producer(kafka, source, prefix=prefix)
        self.published = 0
        """Events since the start."""

    def detail(self) -> dict[str, Any]:
        return {"published": self.published}

    async def close(self) -> None:
        await self._producer.stop()

    async def step(self) -> float:
        """Publish until the outbox is empty."""
        async with connection(self._pool) as db:
            if not await db.fetchval("select pg_try_advisory_lock(hashtext(current_schema() || '/relay'))"):
                return POLL_SECONDS
            try:
                while not self.stopping and await self._publish_chunk(db):
                    self.progressed()
            finally:
                if not db.is_closed():
                    await db.execute("select pg_advisory_unlock(hashtext(current_schema() || '/relay'))")
        return POLL_SECONDS

    async def _publish_chunk(self, db: asyncpg.Connection) -> bool:
        rows = await db.fetch(
            "select id, topic, key, type, event_id, time, value from outbox order by id limit $1", CHUNK
        )
        await self._producer.publish([Outgoing(*tuple(row)[1:]) for row in rows])
        await db.execute("delete from outbox where id = any($1::bigint[])", [row["id"] for row in rows])
        self.published += len(rows)
        return len(rows) == CHUNK
