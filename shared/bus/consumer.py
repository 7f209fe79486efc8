"""The exactly-once consumer: a batch's effects and its offsets are one transaction.

FastStream carries the records (`transport.py`); the truth about where we stand is the database (`positions.py`). On
assignment the consumer takes the partitions over and seeks to the database's offsets. Each batch first moves them;
if somebody else owns them by now, nothing is written.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import asyncpg
from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError

from shared.bus.batch import Batch
from shared.bus.dead_letters import DeadLetters, Halted
from shared.bus.positions import Fenced, Positions, Run, runs
from shared.bus.records import Record
from shared.bus.topics import ensure_topics
from shared.bus.transport import Transport
from shared.database import UNAVAILABLE, transaction
from shared.events import TOPICS
from shared.events.model import Topic
from shared.observability import get_logger
from shared.part import Part, PartStatus

log = get_logger(__name__)

Handler = Callable[[Batch, asyncpg.Connection], Awaitable[None]]

LONGEST_BACK_OFF = 5.0
WATCH_SECONDS = 2.0
HUNG_AFTER = 20.0
MEASURED_WITHIN = 4.0
COMMIT_HINT_SECONDS = 1.0
FENCED_PAUSE = 1.0


@dataclass(frozen=True)
class Standing:
    """One topic: records behind (None: unknown), records set aside since the start, whether it is halted, and when a
    batch last took effect (seconds since 1970; None: not yet)."""

    lag: int | None
    dead_letters: int
    halted: bool
    applied_at: float | None


class Consumer(Part):
    """Runs one handler a topic, in the given consumer group. See the module's text for its guarantee."""

    waits_for = (KafkaError, OSError, TimeoutError)
    longest_back_off = 1.0
    stalled_after = 90.0

    def __init__(
        self,
        pool: asyncpg.Pool,
        *,
        kafka: str,
        group: str,
        prefix: str = "",
        max_records: int = 5_000,
        linger_ms: int = 10,
        partitions: int = 8,
        replication: int = 1,
    ) -> None:
        super().__init__("consumer")
        self._pool = pool
        self._kafka = kafka
        self._group = group
        self._prefix = prefix
        self._max_records = max_records
        self._linger_ms = linger_ms
        self._partitions = partitions
        self._replication = replication
        self._handlers: dict[str, Handler] = {}
        self._positions = Positions()
        self._halted: dict[str, str] = {}
        self._dead_letters = DeadLetters(kafka, group, prefix=prefix)
        self._idle = asyncio.Event()
        self._idle.set()
        self._hinted = 0.0
        self._ends: dict[TopicPartition, int] = {}
        self._applied: dict[str, float] = {}

    def on(self, topic: str, handler: Handler) -> None:
        """Let `handler` work off `topic` (its name as in the contracts)."""
        self._handlers[topic] = handler

    async def step(self) -> float:
        """One life of the Kafka client: until `stop`, or until it hangs. Whatever happens to the broker or the
        database, the next step comes back to it."""
        self._transport = self._new_transport()
        try:
            await self._make_topics()
            await self._transport.start()
            self.progressed()
            await self._watch()
        finally:
            self._positions.clear()
            if not await self._transport.stop():
                log.warning("the Kafka client did not stop in time", group=self._group)
        return 1.0

    async def close(self) -> None:
        await self._dead_letters.stop()

    async def stop(self) -> None:
        """Finish the batch at hand, take no other."""
        await super().stop()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), 7)

    def detail(self) -> dict[str, Any]:
        return {
            "group": self._prefix + self._group,
            "lag": self._lag(),
            "dead_letters": self._dead_letters.buried.total(),
            "halted": dict(self._halted),
        }

    def status(self) -> PartStatus:
        """A halted topic takes no traffic; it is no reason to start the service anew."""
        status = super().status()
        return replace(status, ready=status.ready and not self._halted)

    def topics(self) -> dict[str, Standing]:
        """How far each topic is worked off, for those who watch."""
        return {
            topic: Standing(
                self._lag(topic), self._dead_letters.buried[topic], topic in self._halted, self._applied.get(topic)
            )
            for topic in self._handlers
        }

    async def _make_topics(self) -> None:
        """A consumer may start before the service that writes its topics."""
        topics = [TOPICS.get(name, Topic(name)) for name in self._handlers]
        await ensure_topics(
            self._kafka, topics, prefix=self._prefix, partitions=self._partitions, replication=self._replication
        )

    def _new_transport(self) -> Transport:
        return Transport(
            self._kafka,
            [self._prefix + topic for topic in self._handlers],
            self._prefix + self._group,
            receive=self._receive,
            listener=_Listener(self),
            max_records=self._max_records,
            linger_ms=self._linger_ms,
        )

    async def _watch(self) -> None:
        """Return when told to stop or when the client hangs, which it can do after a broker's restart."""
        while not await self.stopped_within(WATCH_SECONDS):
            await self._measure_lag()
            if not self._lag() or self._halted:
                self._busy_since = time.monotonic()
            if self._idle.is_set() and self.busy_seconds() > HUNG_AFTER:
                log.warning("consumer hangs, starting it anew", group=self._group, lag=self._lag())
                return

    async def _measure_lag(self) -> None:
        client = self._transport.client
        positions = {tp: position.next_offset for tp, position in self._positions.items()}
        if client is None or not positions:
            return
        async with asyncio.timeout(MEASURED_WITHIN):
            self._ends = dict(await client.end_offsets(list(positions)))

    def _lag(self, topic: str | None = None) -> int | None:
        """Records not yet applied of the partitions (of one topic) that are ours, by their ends as last measured; None
        unknown."""
        behind = [
            max(0, end - self._positions[tp].next_offset)
            for tp, end in self._ends.items()
            if tp in self._positions and topic in (None, self._plain(tp.topic))
        ]
        return sum(behind) if behind else None

    # --- ownership -----------------------------------------------------------------------------------------------

    async def assigned(self, partitions: Iterable[TopicPartition]) -> None:
        """Take the partitions over and seek; waits for the database, since without it we know no position."""
        back_off = 0.1
        while not self.stopping:
            try:
                await self._take_over(partitions)
                return
            except UNAVAILABLE as problem:
                self.wait_for(problem, back_off)
                await asyncio.sleep(back_off)
                back_off = min(back_off * 2, LONGEST_BACK_OFF)

    def revoked(self, partitions: Iterable[TopicPartition]) -> None:
        self._positions.give_up(partitions)

    async def _take_over(self, partitions: Iterable[TopicPartition]) -> None:
        client = self._transport.client
        if client is None:
            return
        for topic, group in groupby(sorted(partitions), key=lambda tp: tp.topic):
            mine = list(group)
            await self._positions.take_over(self._pool, self._plain(topic), mine)
            for tp in mine:
                client.seek(tp, self._positions[tp].next_offset)
            if self._plain(topic) in self._halted:
                client.pause(*mine)
        self.progressed()

    def _plain(self, topic: str) -> str:
        return topic.removeprefix(self._prefix)

    # --- a batch -------------------------------------------------------------------------------------------------

    async def _receive(self, records: list[Record]) -> None:
        if self.stopping:
            return
        self._idle.clear()
        try:
            by_topic: dict[str, list[Run]] = defaultdict(list)
            for run in runs(records):
                by_topic[run[0].topic].append(run)
            for topic, found in by_topic.items():
                await self._work_off(topic, found)
            await self._hint()
        finally:
            self._idle.set()

    async def _work_off(self, topic: str, found: list[Run]) -> None:
        try:
            due = self._positions.due(found)
            if due:
                await self._apply(self._plain(topic), due)
        except Fenced:
            await self._recover(topic)
        except Halted as halt:
            self._halted[self._plain(topic)] = str(halt)
            log.error("consumer halts on a topic", topic=self._plain(topic), reason=str(halt))
            await self._recover(topic)

    async def _recover(self, topic: str) -> None:
        """Read the database's offsets again for what the group still gives us, and go on from there."""
        await asyncio.sleep(0 if self._plain(topic) in self._halted else FENCED_PAUSE * self._contested(topic))
        client = self._transport.client
        if client is None or self.stopping:
            return
        sought = {tp for tp, position in self._positions.items() if position.sought}
        await self.assigned(tp for tp in client.assignment() if tp.topic == topic)
        for tp in sought & self._positions.keys():
            self._positions[tp].sought = True

    def _contested(self, topic: str) -> bool:
        """Whether another owner fenced us out (give the group a moment), rather than our own seek."""
        return not any(position.sought for tp, position in self._positions.items() if tp.topic == topic)

    async def _apply(self, topic: str, records: list[Record]) -> None:
        """Apply the records with their offsets, however often the database has to be waited for."""
        back_off = 0.1
        while True:
            try:
                await self._transact(topic, records)
                return
            except (*UNAVAILABLE, KafkaError, TimeoutError) as problem:
                self.wait_for(problem, back_off)
                if self.stopping:
                    raise Fenced from problem
                await asyncio.sleep(back_off)
                back_off = min(back_off * 2, LONGEST_BACK_OFF)
            except (Fenced, Halted):
                raise
            except Exception as problem:  # whatever a handler raises is the records' fault until one record is left
                await self._isolate(topic, records, problem)
                return

    async def _isolate(self, topic: str, records: list[Record], problem: Exception) -> None:
        if len(records) > 1:
            middle = len(records) // 2
            await self._apply(topic, records[:middle])
            await self._apply(topic, records[middle:])
            return
        reason = f"handler: {type(problem).__name__}"
        log.error("a record could not be handled", topic=topic, reason=reason, offset=records[0].offset)
        await self._transact(topic, records, reason=reason)

    async def _transact(self, topic: str, records: list[Record], *, reason: str | None = None) -> None:
        after = self._positions.after(records)
        batch = Batch(topic, records)
        async with transaction(self._pool) as db:
            await self._positions.advance(db, topic, after)
            if reason is None:
                await self._handlers[topic](batch, db)
            else:
                batch.reject(records[0], reason)
            await self._dead_letters.bury(batch)
        self._positions.moved(after)
        self.progressed()
        self._applied[topic] = time.time()

    async def _hint(self) -> None:
        """Commit to Kafka now and then, for lag displays; nothing ever reads it back."""
        client = self._transport.client
        if client is None or time.monotonic() - self._hinted < COMMIT_HINT_SECONDS:
            return
        self._hinted = time.monotonic()
        with suppress(KafkaError, TimeoutError):
            async with asyncio.timeout(2):
                await client.commit({tp: position.next_offset for tp, position in self._positions.items()})


class _Listener(ConsumerRebalanceListener):
    def __init__(self, owner: Consumer) -> None:
        self._owner = owner

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        self._owner.revoked(revoked)

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        await self._owner.assigned(assigned)
