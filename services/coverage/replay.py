"""Reads topics from their first record on and runs the handlers, in no consumer group: nobody else is disturbed."""

from collections.abc import Callable, Sequence
from itertools import groupby
from operator import attrgetter
from types import TracebackType

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from services.coverage.app import HANDLERS
from shared.bus.batch import Batch
from shared.bus.records import Record
from shared.database import UNAVAILABLE, transaction

Offsets = dict[tuple[str, int], int]
"""(topic without prefix, partition) → the next offset."""

MAX_RECORDS = 20_000
TOLD_EVERY = 200_000


class Replay:
    """As `async with`: stands at the first record of every partition, and goes `up_to` given offsets."""

    def __init__(self, pool: asyncpg.Pool, kafka: str, topics: Sequence[str], *, prefix: str = "") -> None:
        self._pool = pool
        self._kafka = kafka
        self._topics = topics
        self._prefix = prefix
        self._client = AIOKafkaConsumer(
            bootstrap_servers=kafka, group_id=None, enable_auto_commit=False, auto_offset_reset="earliest"
        )
        self._stands: Offsets = {}
        self.refused = 0
        """Records no handler could take; the live consumer has put them to the dead letters."""

    async def __aenter__(self) -> "Replay":
        await self._client.start()
        ends = await self.ends()
        self._stands = dict.fromkeys(ends, 0)
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

    def stands(self) -> Offsets:
        """Where the replay stands."""
        return dict(self._stands)

    async def up_to(self, offsets: Offsets, say: Callable[[str], None]) -> None:
        """Work off every record before these offsets, and none after them."""
        wanted = {self._tp(at): offset for at, offset in offsets.items() if at in self._stands}
        behind = {tp for tp, offset in wanted.items() if self._stands[self._at(tp)] < offset}
        told, total = 0, sum(wanted.values())
        self._client.resume(*behind)
        self._client.pause(*({self._tp(at) for at in self._stands} - behind))
        while behind:
            polled = await self._client.getmany(*behind, timeout_ms=200, max_records=MAX_RECORDS)
            due = [raw for tp, found in polled.items() for raw in found if raw.offset < wanted[tp]]
            await self._work_off(sorted(due, key=attrgetter("topic")))
            for tp in list(behind):
                reached = min(await self._client.position(tp), wanted[tp])
                self._stands[self._at(tp)] = reached
                if reached >= wanted[tp]:
                    behind.discard(tp)
                    self._client.pause(tp)
                    self._client.seek(tp, reached)
            done = sum(min(self._stands[self._at(tp)], offset) for tp, offset in wanted.items())
            if done - told >= TOLD_EVERY:
                told = done
                say(f"{done:,} of {total:,} records")

    async def _work_off(self, records: list[Record]) -> None:
        for topic, group in groupby(records, key=attrgetter("topic")):
            await self._apply(topic.removeprefix(self._prefix), list(group))

    async def _apply(self, topic: str, records: list[Record]) -> None:
        """As the live consumer does: what a handler cannot take is found by halving, and left out."""
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
        admin = AIOKafkaAdminClient(bootstrap_servers=self._kafka)
        try:
            await admin.start()
            told = await admin.describe_topics([self._prefix + topic for topic in self._topics])
        finally:
            await admin.close()
        return [TopicPartition(each["topic"], part["partition"]) for each in told for part in each["partitions"]]

    def _tp(self, at: tuple[str, int]) -> TopicPartition:
        return TopicPartition(self._prefix + at[0], at[1])

    def _at(self, tp: TopicPartition) -> tuple[str, int]:
        return tp.topic.removeprefix(self._prefix), tp.partition
