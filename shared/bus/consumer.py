"""The exactly-once consumer: a batch's effects and its offsets are one transaction.

FastStream carries the records (`transport.py`); the truth about our offsets is the database (`positions.py`). When it
is assigned partitions, the consumer owns them in the database and seeks to the database's offsets (`assignment.py`).
Each batch first advances the offsets; if somebody else owns them by now, nothing is written (`applier.py`).
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from shared.bus.another_log import AnotherLog
from shared.bus.applier import Applier, Handler
from shared.bus.assignment import Assignment
from shared.bus.dead_letter_publisher import DeadLetterPublisher, Halted
from shared.bus.delays import Delays
from shared.bus.halting import Halting
from shared.bus.halts import Halt
from shared.bus.lag import Lag
from shared.bus.log_watch import LogWatch
from shared.bus.positions import Fenced, Gap, PartitionRun, Positions, partition_runs
from shared.bus.queries import queries
from shared.bus.records import Record
from shared.bus.topics import DEAD_LETTER_SUFFIX, ensure_topics, list_topics
from shared.bus.transport import Transport
from shared.database import UNAVAILABLE
from shared.events import TOPICS
from shared.events.model import Topic
from shared.observability import get_logger
from shared.part import Part, PartStatus

log = get_logger(__name__)

WATCH_SECONDS = 2.0
"""Seconds between two measurements of the lag."""

QUIET_WATCH = 2
"""So many times as long while there is none, no batch came since the last one, and nothing is halted."""

HUNG_AFTER = 20.0
"""Seconds without progress, with records to read and no batch at work, after which the Kafka client is replaced."""

BATCH_ENDS_WITHIN = 7.0
"""Seconds that `stop` waits for the current batch."""

KAFKA_COMMIT_SECONDS = 1.0
"""Seconds at least between two commits to Kafka, which only lag displays read."""

KAFKA_COMMITTED_WITHIN = 2.0
FEW = 10
"""A batch of less than this part of what it may hold is one of few records."""
FENCED_PAUSE = 1.0
"""Seconds to wait after another consumer fenced us out, until the group has settled."""


@dataclass(frozen=True)
class TopicStatus:
    """One topic: records not yet applied (None: unknown), dead letters since the start, whether it is halted, when a
    batch last took effect (seconds since 1970; None: not yet), and for how long the next record has been waiting."""

    lag: int | None
    dead_letters: int
    halted: bool
    applied_at: float | None
    lag_seconds: float | None = None


class Consumer(Part):
    """Runs one handler a topic, in the given consumer group. The module's text says what it guarantees.

    A batch has at most `max_records` records; the client waits `linger_ms` milliseconds for the first of them at most.
    After a batch of few it rests `pause` seconds, so that who need not be quick takes in one transaction what would be
    many. `partitions` and `replication` are those of topics that do not exist yet.
    """

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
        linger_ms: int = 1000,
        pause: float = 0.0,
        partitions: int = 8,
        replication: int = 1,
        name: str = "consumer",
    ) -> None:
        super().__init__(name)
        self._kafka = kafka
        self._group = prefix + group
        self._prefix = prefix
        self._max_records = max_records
        self._linger_ms = linger_ms
        self._pause = pause
        self._partitions = partitions
        self._replication = replication
        self._beginnings: dict[str, Handler] = {}
        self._transport: Transport | None = None
        self._pool = pool
        self._positions = Positions()
        self._lag = Lag(self._positions)
        self._dead_letters = DeadLetterPublisher(kafka, group, prefix=prefix)
        self._applier = Applier(pool, self._positions, self._dead_letters, self)
        self._halting = Halting(pool, group, self._applier.handlers)
        self._assignment = Assignment(
            *(pool, self._positions, self),
            client=self._client,
            stands_still=self._halting.stands_still,
            halt=self._halting.halt_for_log,
            prefix=prefix,
        )
        self._no_batch = asyncio.Event()
        self._no_batch.set()
        self._has_received = True
        self._ahead: list[str] = []
        self._paused: set[str] = set()
        self._kafka_committed_at = 0.0

    def on(self, topic: str, handler: Handler, *, may_halt: bool = True, ahead: bool = False) -> None:
        """Apply the records of `topic` (its name as in the contracts) with `handler`; `may_halt` False: also when
        all of them are poison. `ahead`: of what is read together before those of other topics, since these cost less
        once its records are known. They come in any order all the same."""
        self._applier.handlers[topic] = handler
        if ahead:
            self._ahead.append(self._prefix + topic)
        if not may_halt:
            self._dead_letters.unhalted.add(topic)

    def on_each(self, beginning: str, handler: Handler) -> None:
        """Apply the records of all topics whose names begin so with `handler`, dead letters excepted; one that is made
        later is followed within WATCH_SECONDS. What agencies send may be anything: these topics are never halted."""
        self._beginnings[beginning] = handler

    async def step(self) -> float:
        """One life of the Kafka client: until `stop`, or until it hangs. Whatever happens to the broker or the
        database, the next step starts a new client."""
        await self._create_topics()
        if self._beginnings:
            self._follow(await list_topics(self._kafka))
        await self._halting.refresh(self._dead_letters.forgiven)
        self._paused = set()
        log_watch = LogWatch(self._positions, self._lag, self._halting, self._prefix, self._identities)
        transport = self._transport = self._new_transport()
        try:
            await transport.start()
            self.progressed()
            await self._watch(log_watch)
        finally:
            self._positions.clear()
            if not await transport.stop():
                log.warning("the Kafka client did not stop in time", group=self._group)
        return 1.0

    async def close(self) -> None:
        await self._dead_letters.stop()

    async def stop(self) -> None:
        """Finish the current batch and take no other; waits for it BATCH_ENDS_WITHIN seconds at most."""
        await super().stop()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._no_batch.wait(), BATCH_ENDS_WITHIN)

    def detail(self) -> dict[str, Any]:
        return {
            "group": self._group,
            "lag": self._lag.records(),
            "dead_letters": self._dead_letters.counts.total(),
            "halted": self._halting.reasons(),
        }

    def status(self) -> PartStatus:
        """Not ready while a topic is halted; a restart of the service would not help, so it stays live."""
        status = super().status()
        return replace(status, ready=status.ready and not self._halting.halts)

    def topics(self) -> dict[str, TopicStatus]:
        """Each topic's lag, dead letters and last progress, for `/metrics`."""
        return {topic: self._topic_status(topic) for topic in self._applier.handlers}

    def _topic_status(self, topic: str) -> TopicStatus:
        name = self._prefix + topic
        return TopicStatus(
            self._lag.records(name),
            self._dead_letters.counts[topic],
            self._halting.stands_still(topic),
            self._applier.applied_at.get(topic),
            self._lag.seconds(name),
        )

    @property
    def delays(self) -> Delays:
        """From acceptance to effect, by topic, for `/metrics`."""
        return self._applier.delays

    def _client(self) -> AIOKafkaConsumer | None:
        return None if self._transport is None else self._transport.client

    async def _create_topics(self) -> None:
        """A consumer may start before the service that writes its topics."""
        topics = [TOPICS.get(name, Topic(name)) for name in self._applier.handlers]
        await ensure_topics(
            self._kafka, topics, prefix=self._prefix, partitions=self._partitions, replication=self._replication
        )

    async def _identities(self) -> dict[str, str]:
        """The ids of the topics that were read before, by their names in Kafka; none while the database is away, since
        nothing is assigned or applied then."""
        try:
            rows = await self._pool.fetch(queries["known_topic_ids"], list(self._applier.handlers))
        except UNAVAILABLE:
            return {}
        return {self._prefix + row["topic"]: row["topic_id"] for row in rows}

    def _new_transport(self) -> Transport:
        return Transport(
            self._kafka,
            [self._prefix + topic for topic in self._applier.handlers],
            self._group,
            receive=self._receive,
            listener=self._assignment,
            max_records=self._max_records,
            linger_ms=self._linger_ms,
            ahead=self._ahead,
        )

    def _follow(self, existing: Iterable[str]) -> bool:
        """Handle the topics that begin as asked; whether one of them is new."""
        names = {name.removeprefix(self._prefix) for name in existing if name.startswith(self._prefix)}
        found = False
        for beginning, handler in self._beginnings.items():
            for name in names:
                is_meant = name.startswith(beginning) and not name.endswith(DEAD_LETTER_SUFFIX)
                if is_meant and name not in self._applier.handlers:
                    self.on(name, handler, may_halt=False)
                    found = True
        return found

    async def _watch(self, log_watch: LogWatch) -> None:
        """Return on `stop`, when a topic is new or goes on, or when the client hangs, which it can do after a restart
        of the broker."""
        while not await self.stopped_within(WATCH_SECONDS * (QUIET_WATCH if self._is_quiet() else 1)):
            client = self._client()
            if client is not None:
                await self._lag.measure(client)
                if self._beginnings and self._follow(await client.topics()):
                    return
                if await self._positions.are_set_back(self._pool, self._prefix):  # before the log is held against them
                    return
                await log_watch.look(client)
                if await self._follow_halts(client):
                    return
            lag = self._lag.records()
            if not lag or self._halting.halts:
                self.idle()
            if self._no_batch.is_set() and self.busy_seconds() > HUNG_AFTER:
                log.warning("the Kafka client hangs and is replaced", group=self._group, lag=lag)
                return

    def _is_quiet(self) -> bool:
        has_received, self._has_received = self._has_received, False
        return not has_received and self._lag.records() == 0 and not self._halting.halts

    async def _receive(self, records: list[Record]) -> None:
        if self.stopping:
            return
        self._has_received = True
        self._no_batch.clear()
        try:
            by_topic: dict[str, list[PartitionRun]] = defaultdict(list)
            for run in partition_runs(records):
                by_topic[run[0].topic].append(run)
            for topic in sorted(by_topic, key=lambda each: each not in self._ahead):
                await self._apply(topic, by_topic[topic])
            await self._commit_to_kafka()
        finally:
            self._no_batch.set()
        if self._pause and len(records) < self._max_records // FEW:
            await self.stopped_within(self._pause)

    async def _apply(self, topic: str, runs: list[PartitionRun]) -> None:
        name = topic.removeprefix(self._prefix)
        if self._halting.stands_still(name):
            return
        try:
            self._positions.verify(runs)
            unapplied = self._positions.unapplied(runs)
            if unapplied:
                await self._applier.apply(name, unapplied)
        except Gap:
            await self._assignment.recover(topic)
        except Fenced:
            await self.stopped_within(FENCED_PAUSE)
            await self._assignment.recover(topic)
        except Halted as halt:
            at = self._positions.get(TopicPartition(topic, halt.record.partition))
            place = (halt.record.partition, at.next_offset if at else halt.record.offset)
            await self._halting.halt(Halt(name, "poison", str(halt), *place))
            await self._assignment.recover(topic)
        except AnotherLog as problem:
            await self._halting.halt_for_log(name, problem)
            await self._assignment.recover(topic)

    async def _follow_halts(self, client: AIOKafkaConsumer) -> bool:
        """Stand still where any instance halted; whether a topic goes on, because somebody said so."""
        await self._halting.refresh(self._dead_letters.forgiven)
        still = set(filter(self._halting.stands_still, self._applier.handlers))
        paused = [tp for tp in client.assignment() if tp.topic.removeprefix(self._prefix) in still - self._paused]
        client.pause(*paused)
        released = self._paused - still
        for name in released:
            self._dead_letters.forget(name)
        self._paused = still
        return bool(released)

    async def _commit_to_kafka(self) -> None:
        """Commit to Kafka now and then, for lag displays; nothing of ours reads it."""
        client = self._client()
        if client is None or time.monotonic() - self._kafka_committed_at < KAFKA_COMMIT_SECONDS:
            return
        self._kafka_committed_at = time.monotonic()
        with suppress(KafkaError, TimeoutError):
            async with asyncio.timeout(KAFKA_COMMITTED_WITHIN):
                await client.commit({tp: position.next_offset for tp, position in self._positions.items()})
