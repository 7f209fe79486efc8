"""The transactional outbox: a state and its event are committed together, the relay publishes afterwards."""

import asyncio
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from weakref import WeakSet

import asyncpg
from aiokafka.errors import KafkaError

from shared.bus import bundles, halts, published, spans
from shared.bus.halts import Halt
from shared.bus.principals import KEYS
from shared.bus.producer import Producer, Written
from shared.bus.queries import queries
from shared.bus.records import Outgoing, fits
from shared.bus.set_aside import REFUSED_FOR_GOOD, drop_superseded, set_aside
from shared.database import UNAVAILABLE, columns, connection, insert, session
from shared.observability import get_logger
from shared.part import Part, PartStatus

log = get_logger(__name__)

BATCH_ROWS = 5_000
"""Rows, each an event or a bundle, that the relay reads, publishes and deletes at once."""

BATCH_BYTES = 2_097_152
"""Bytes of values that the relay reads at once, the last row aside."""

POLL_SECONDS = 0.25
"""Seconds after which the relay looks into the outbox without being woken, while events are added or published."""

QUIET_AFTER = 5.0
"""Seconds without an event after which it looks less often; the next one that is added here ends that."""

QUIET_POLL_SECONDS = 4.0
"""The same while it is quiet: for events that another process added and did not publish."""

_relays: "WeakSet[Relay]" = WeakSet()
"""All of this process: whoever adds an event wakes them. They then look often, since it is visible after its commit."""

PUBLISHES_FOR = 5.0
"""Seconds after which a relay that is never done gives its lock back for a moment: a backup may wait for it."""

COUNT_SECONDS = 5.0
"""Seconds between two counts of what is set aside, which an operator may have released."""


class TooLarge(ValueError):
    """An event is larger than a record of Kafka may be: its transaction must not commit."""


async def add(db: asyncpg.Connection, events: Sequence[Outgoing]) -> None:
    """Write the events within the caller's transaction; those of a topic are published in the order of the calls.

    The caller lets only one transaction at a time write for a key (a row lock or advisory lock held until commit).
    Raises TooLarge for an event that no broker would take.
    """
    if not all(map(fits, events)):
        raise TooLarge("an event is larger than a record may be")
    if events:
        are_keys = {event.topic == KEYS for event in events}
        for relay in _relays:
            if relay.is_for_keys in are_keys:
                relay.expect()
        await insert(db, "outbox", bundles.to_rows(events), bundles.COLUMNS)


@dataclass(frozen=True)
class Lane:
    """What one relay publishes: the events of the query `oldest`, under a lock of its own."""

    name: str
    oldest: str
    lock: str


DATA = Lane("relay", "oldest_events", "/relay")
ACCESS = Lane("access_relay", "oldest_access_events", "/relay/access")
"""Keys that were issued or revoked: they never wait behind data."""


class Relay(Part):
    """Publishes one lane of the outbox in the order of its ids and deletes what the broker acknowledged.

    It reads whatever is visible and deletes only what it published, so an id that commits late is never skipped.
    One relay of a service and lane works at a time (advisory lock); a crash between publishing and deleting publishes
    again. Whoever commits an event wakes it; without that it finds the event POLL_SECONDS later at most, and
    QUIET_POLL_SECONDS later one that another process added.
    What Kafka refuses for good is set aside (set_aside.py), and all others go on.
    """

    waits_for = (*UNAVAILABLE, KafkaError, TimeoutError)

    def __init__(
        self,
        pool: asyncpg.Pool,
        *,
        kafka: str,
        source: str,
        prefix: str = "",
        lane: Lane = DATA,
        topics: Collection[str] = (),
    ) -> None:
        super().__init__(lane.name)
        self._kafka, self._prefix, self._topics = kafka, prefix, topics
        self._pool = pool
        self._lane = lane
        self._producer = Producer(kafka, source, prefix=prefix)
        self._counted_at = 0.0
        self._active_at = time.monotonic()
        _relays.add(self)
        self.published = 0
        """Events published since the start."""
        self.set_aside = 0
        """Events that are set aside now."""
        self._reason: str | None = None
        self._is_compared = False
        self._ends: dict[tuple[str, int], int] = {}
        self.waiting = 0
        """Events in the outbox, as last counted."""
        self.oldest_at: datetime | None = None
        """When the oldest of them was accepted; None: none waits."""
        self.halts: dict[str, Halt] = {}
        """Where the whole service stands still, as last read."""

    def detail(self) -> dict[str, Any]:
        reason = {"set_aside_reason": self._reason} if self.set_aside else {}
        halted = {"halted": {topic: halt.reason for topic, halt in self.halts.items()}} if self.halts else {}
        return {"published": self.published, "set_aside": self.set_aside, **reason, **halted}

    def status(self) -> PartStatus:
        """Not ready while the log is not the one that the database knows; a restart would not help."""
        status = super().status()
        return replace(status, ready=status.ready and not self.halts)

    async def compare_with_log(self) -> None:
        """Halt the service where the log is not the one that its database knows; once, until Kafka or the database
        fails. Raises one of UNAVAILABLE, KafkaError or TimeoutError when one of them does not answer."""
        async with connection(self._pool) as db:
            await self._read_halts(db)
            if self._is_compared or self.halts:
                return
            problem = await published.compare(db, self._kafka, self._topics, self._prefix)
            if problem is not None:
                await self._halt(db, problem)
            self._ends = await published.ends(db, self._topics)
            self._is_compared = True

    def expect(self) -> None:
        """An event comes, as soon as its transaction commits."""
        is_quiet, self._active_at = self._poll_seconds() > POLL_SECONDS, time.monotonic()
        if is_quiet:  # a look now would come before the commit
            asyncio.get_running_loop().call_later(POLL_SECONDS, self.wake)

    @property
    def is_for_keys(self) -> bool:
        """Whether this lane is that of keys that were issued or revoked."""
        return self._lane is ACCESS

    def _poll_seconds(self) -> float:
        return POLL_SECONDS if time.monotonic() - self._active_at < QUIET_AFTER else QUIET_POLL_SECONDS

    async def close(self) -> None:
        await self._producer.stop()

    def wait_for(self, problem: BaseException, seconds: float) -> None:
        self._is_compared = False  # what failed may come back as another
        super().wait_for(problem, seconds)

    async def step(self) -> float:
        """Publish until the lane is empty, or for PUBLISHES_FOR seconds, if no other relay does."""
        until = time.monotonic() + PUBLISHES_FOR
        if not self._is_compared:
            await self.compare_with_log()
        if time.monotonic() - self._counted_at > COUNT_SECONDS:
            async with connection(self._pool) as db:
                await self._count_set_aside(db)
                await self._read_halts(db)
        if self.halts:
            return POLL_SECONDS
        if self._poll_seconds() > POLL_SECONDS and not await self._is_anything_waiting():
            return QUIET_POLL_SECONDS
        async with session(self._pool) as db:
            if not await db.fetchval(queries["try_lock_relay"], self._lane.lock):
                return self._poll_seconds()
            while not self.stopping and not self.halts and await self._publish_batch(db):
                self.progressed()
                if time.monotonic() > until:
                    return 0
        return self._poll_seconds()

    async def _is_anything_waiting(self) -> bool:
        """Whether there is something to take the lock for."""
        async with connection(self._pool) as db:
            return bool(await db.fetchval(queries["is_anything_waiting"], self.is_for_keys))

    async def _publish_batch(self, db: asyncpg.Connection) -> bool:
        """Publish the oldest events; whether there may be more."""
        rows = await db.fetch(queries[self._lane.oldest], BATCH_ROWS, BATCH_BYTES)
        if not rows:
            return False
        found = [(row["id"], Outgoing(*tuple(row)[1:-1]), row["events"]) for row in rows]
        events = [numbered for row in found for numbered in bundles.to_events(*row)]
        try:
            written = await self._publish(events)
        except REFUSED_FOR_GOOD:
            if len(events) > len(rows):
                await self._take_apart(db, [row for row in found if row[2] > 1])
                return True
            await self._isolate(db, events)
        else:
            await self._delete(db, [row["id"] for row in rows], events, written)
        return len(rows) == BATCH_ROWS or sum(len(row["value"] or b"") for row in rows) >= BATCH_BYTES

    async def _publish(self, numbered: Sequence[tuple[int, Outgoing]]) -> Written:
        events = [event for _, event in numbered]
        with spans.publishing(events):
            return await self._producer.publish(events)

    async def _take_apart(self, db: asyncpg.Connection, found: Sequence[tuple[int, Outgoing, int]]) -> None:
        """Make each event of these bundles a row in its place, so that the one that is refused can be set aside."""
        events = [numbered for row in found for numbered in bundles.to_events(*row)]
        async with db.transaction():
            await db.execute(queries["delete_rows"], [number for number, *_ in found])
            rows = [(number, e.topic, e.key, e.type, e.id, e.time, e.value, e.traceparent) for number, e in events]
            await db.execute(queries["add_numbered"], *columns(rows))

    async def _isolate(self, db: asyncpg.Connection, events: Sequence[tuple[int, Outgoing]]) -> None:
        """Publish the events by halves and delete them, until what is refused for good is alone and set aside."""
        try:
            written = await self._publish(events)
        except REFUSED_FOR_GOOD as problem:
            if len(events) > 1:
                middle = len(events) // 2
                await self._isolate(db, events[:middle])
                await self._isolate(db, events[middle:])
            else:
                await set_aside(db, *events[0], problem)
                await self._count_set_aside(db)
        else:
            await self._delete(db, [number for number, _ in events], events, written)

    async def _delete(
        self, db: asyncpg.Connection, ids: Sequence[int], events: Sequence[tuple[int, Outgoing]], written: Written
    ) -> None:
        """Delete the rows of these events, which Kafka has where `written` says: never before what it had already."""
        for (topic, partition), (first, after) in written.items():
            if first < self._ends.get((topic, partition), 0) and await self._was_published(db, topic, partition, first):
                text = f"{topic}, partition {partition}: {first} was written again, the log was cut or made anew"
                await self._halt(db, Halt(topic, "log", f"{text}; mend it by {published.MEND_LOG}", partition, first))
                return
            self._ends[topic, partition] = after
        places = [(topic, partition, after) for (topic, partition), (_, after) in written.items()]
        await db.execute(queries["delete_published"], ids, *columns(places, 3))
        self.published += len(events)
        self._active_at = time.monotonic()
        if self.set_aside:
            await drop_superseded(db, events)
            await self._count_set_aside(db)

    @staticmethod
    async def _was_published(db: asyncpg.Connection, topic: str, partition: int, offset: int) -> bool:
        """Whether that place of the log was acknowledged before; whoever recovered the log may have said otherwise."""
        return offset < (await published.ends(db, [topic])).get((topic, partition), 0)

    async def _read_halts(self, db: asyncpg.Connection) -> None:
        before = self.halts
        self.halts = {topic: halt for topic, halt in (await halts.load(db)).items() if halt.is_for_all}
        if before and not self.halts:  # somebody mended it
            self._ends.clear()
            self._is_compared = False
        ((self.waiting, self.oldest_at),) = await db.fetch(queries["count_waiting"])

    async def _halt(self, db: asyncpg.Connection, halt: Halt) -> None:
        log.error("the service stands still", topic=halt.topic, reason=halt.reason)
        await halts.note(db, halt)
        await self._read_halts(db)

    async def _count_set_aside(self, db: asyncpg.Connection) -> None:
        self._counted_at = time.monotonic()
        (row,) = await db.fetch(queries["count_set_aside"], self.is_for_keys)
        self.set_aside, self._reason = row["count"], row["reason"]
