"""The transactional outbox: a state and its event are committed together, the relay publishes afterwards."""

from collections.abc import Sequence
from typing import Any

import asyncpg
from aiokafka.errors import KafkaError

from shared.bus.producer import Producer
from shared.bus.queries import queries
from shared.bus.records import Outgoing, fits
from shared.database import UNAVAILABLE, connection
from shared.part import Part

COLUMNS = ("topic", "key", "type", "event_id", "time", "value")

BATCH_EVENTS = 5_000
"""Events that the relay reads, publishes and deletes at once."""

POLL_SECONDS = 0.25
"""Seconds after which the relay looks into the outbox without being woken."""


class TooLarge(ValueError):
    """An event is larger than a record of Kafka may be: its transaction must not commit."""


async def add(db: asyncpg.Connection, events: Sequence[Outgoing]) -> None:
    """Write the events within the caller's transaction; they are published in the order of the calls.

    The caller lets only one transaction at a time write for a key (a row lock or advisory lock held until commit).
    Raises TooLarge for an event that no broker would take.
    """
    if not all(map(fits, events)):
        raise TooLarge("an event is larger than a record may be")
    if events:
        rows = [(e.topic, e.key, e.type, e.id, e.time, e.value) for e in events]
        await db.copy_records_to_table("outbox", records=rows, columns=COLUMNS)


class Relay(Part):
    """Publishes the outbox in the order of its ids and deletes what the broker acknowledged.

    It reads whatever is visible and deletes only what it published, so an id that commits late is never skipped.
    One relay of a service works at a time (advisory lock); a crash between publishing and deleting publishes again.
    Whoever commits an event wakes it; without that it finds the event POLL_SECONDS later at most.
    """

    waits_for = (*UNAVAILABLE, KafkaError, TimeoutError)

    def __init__(self, pool: asyncpg.Pool, *, kafka: str, source: str, prefix: str = "") -> None:
        super().__init__("relay")
        self._pool = pool
        self._producer = Producer(kafka, source, prefix=prefix)
        self.published = 0
        """Events published since the start."""

    def detail(self) -> dict[str, Any]:
        return {"published": self.published}

    async def close(self) -> None:
        await self._producer.stop()

    async def step(self) -> float:
        """Publish until the outbox is empty, if no other relay does."""
        async with connection(self._pool) as db:
            if not await db.fetchval(queries["try_lock_relay"]):
                return POLL_SECONDS
            try:
                while not self.stopping and await self._publish_batch(db):
                    self.progressed()
            finally:
                if not db.is_closed():
                    await db.execute(queries["unlock_relay"])
        return POLL_SECONDS

    async def _publish_batch(self, db: asyncpg.Connection) -> bool:
        """Publish the oldest events; whether there may be more."""
        rows = await db.fetch(queries["oldest_events"], BATCH_EVENTS)
        await self._producer.publish([Outgoing(*tuple(row)[1:]) for row in rows])
        await db.execute(queries["delete_events"], [row["id"] for row in rows])
        self.published += len(rows)
        return len(rows) == BATCH_EVENTS
