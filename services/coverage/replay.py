"""Reads topics from their first record on and runs the handlers, in no consumer group: nobody else is disturbed."""

import time
from collections.abc import Callable, Sequence
from itertools import groupby
from operator import attrgetter
from types import TracebackType

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from services.coverage.app import HANDLERS
from shared.bus.batch import Batch
from shared.bus.kafka_url import aiokafka_options
from shared.bus.records import Record
from shared.bus.unreadable_batches import read_records
from shared.database import UNAVAILABLE, transaction

Offsets = dict[tuple[str, int], int]
"""(topic without prefix, partition) → the next offset."""

MAX_RECORDS = 20_000
REPORT_INTERVAL = 200_000
"""Records between two reports of progress."""

NO_PROGRESS_WITHIN = 60.0
"""Seconds without progress after which the log counts as unreadable."""

Report = Callable[[str], None]


class LogLacks(Exception):
    """The log does not hold, or does not show, what was applied of it; the text says where."""


def log_lacks(wanted: Offsets, ends: Offsets) -> str | None:
    """The first partition that ends before the offset that is wanted."""
    for (topic, partition), offset in sorted(wanted.items()):
        if offset > ends.get((topic, partition), 0):
            return f"{topic}, partition {partition} ends before {offset}, which was applied"
    return None


class Replay:
    """As `async with`: begins at the first record of every partition, and applies the records `up_to` given offsets."""

    def __init__(self, pool: asyncpg.Pool, kafka: str, topics: Sequence[str], *, prefix: str = "") -> None:
        self._pool = pool
        self._kafka = kafka
        self._topics = topics
        self._prefix = prefix
        self._client = AIOKafkaConsumer(
            **aiokafka_options(kafka), group_id=None, enable_auto_commit=False, auto_offset_reset="earliest"
        )
        self._positions: Offsets = {}
        self.refused = 0
        """Records that no handler could apply; the live consumer has sent them to the dead letters."""

    async def __aenter__(self) -> "Replay":
        await self._client.start()
        ends = await self.ends()
        self._positions = dict.fromkeys(ends, 0)
        partitions = [self._tp(each) for each in ends]
        self._client.assign(partitions)
        await self._client.seek_to_beginning(*partitions)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.stop()

    async def ends(self) -> Offsets:
        """Where the topics end now."""
        ends = await self._client.end_offsets(await self._partitions())
        return {(tp.topic.removeprefix(self._prefix), tp.partition): end for tp, end in ends.items()}

    def positions(self) -> Offsets:
        """The offsets that the replay has reached."""
        return dict(self._positions)

    async def up_to(self, offsets: Offsets, report: Report) -> None:
        """Apply every record before these offsets, and none after them."""
        wanted = {self._tp(at): offset for at, offset in offsets.items() if at in self._positions}
        if lacking := log_lacks(offsets, await self.ends()):
            raise LogLacks(f"{lacking}: see ./payung status")
        behind = {tp for tp, offset in wanted.items() if self._positions[self._at(tp)] < offset}
        reported, total = 0, sum(wanted.values())
        self._client.resume(*behind)
        self._client.pause(*({self._tp(at) for at in self._positions} - behind))
        progressed, before = time.monotonic(), self.positions()
        while behind:
            await self._apply_next(wanted, behind)
            if self._positions != before:
                progressed, before = time.monotonic(), self.positions()
            elif time.monotonic() - progressed > NO_PROGRESS_WITHIN:
                topic, partition = self._at(min(behind))
                raise LogLacks(f"{topic}, partition {partition} cannot be read: see ./payung status")
            behind -= {tp for tp in behind if self._positions[self._at(tp)] >= wanted[tp]}
            done = sum(min(self._positions[self._at(tp)], offset) for tp, offset in wanted.items())
            if done - reported >= REPORT_INTERVAL:
                reported = done
                report(f"{done:,} of {total:,} records")

    async def _apply_next(self, wanted: dict[TopicPartition, int], behind: set[TopicPartition]) -> None:
        """Apply one poll; a partition that has reached its wanted offset is paused there."""
        polled = await read_records(self._client, *behind, timeout_ms=200, max_records=MAX_RECORDS)
        due = [raw for tp, found in polled.items() for raw in found if raw.offset < wanted[tp]]
        for topic, group in groupby(sorted(due, key=attrgetter("topic")), key=attrgetter("topic")):
            await self._apply(topic.removeprefix(self._prefix), list(group))
        for tp in behind:
            reached = min(await self._client.position(tp), wanted[tp])
            self._positions[self._at(tp)] = reached
            if reached >= wanted[tp]:
                self._client.pause(tp)
                self._client.seek(tp, reached)

    async def _apply(self, topic: str, records: list[Record]) -> None:
        """As the live consumer does: a record that a handler cannot apply is found by halving, and left out."""
        try:
            batch = Batch(topic, records)
            async with transaction(self._pool) as db:
                await HANDLERS[topic](batch, db)
            self.refused += len(batch.rejected)
        except UNAVAILABLE:
            raise
        except Exception:
            if len(records) == 1:
                self.refused += 1
                return
            middle = len(records) // 2
            await self._apply(topic, records[:middle])
            await self._apply(topic, records[middle:])

    async def _partitions(self) -> list[TopicPartition]:
        admin = AIOKafkaAdminClient(**aiokafka_options(self._kafka))
        try:
            await admin.start()
            described = await admin.describe_topics([self._prefix + topic for topic in self._topics])
        finally:
            await admin.close()
        return [TopicPartition(each["topic"], part["partition"]) for each in described for part in each["partitions"]]

    def _tp(self, at: tuple[str, int]) -> TopicPartition:
        return TopicPartition(self._prefix + at[0], at[1])

    def _at(self, tp: TopicPartition) -> tuple[str, int]:
        return tp.topic.removeprefix(self._prefix), tp.partition
