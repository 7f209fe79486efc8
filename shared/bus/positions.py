"""Which partitions this consumer owns and the next offset of each. The truth is the table `consumer_offsets`.

Every assignment of a partition raises its epoch, which fences its former owner out. A batch advances its offsets by
compare-and-swap in the transaction of its effects. If the swap fails, another consumer owns the partitions, and nothing
is written.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter

import asyncpg
from aiokafka import TopicPartition

from shared.bus.another_log import AnotherLog
from shared.bus.queries import queries
from shared.bus.records import Record, fingerprint
from shared.database import UNAVAILABLE

PartitionRun = tuple[TopicPartition, list[Record]]
"""Consecutive records of one partition."""


class Fenced(Exception):
    """Another consumer advanced or was assigned a partition of this batch: nothing of the batch may be written."""


class Gap(Exception):
    """The batch does not begin at the next offset of a partition: seek there before anything is applied."""


@dataclass(slots=True)
class Position:
    """The next offset to apply of one partition, and the epoch under which we own it.

    `topic_id` is the topic in which it counts, `last` the offset and fingerprint of the last applied record (None: not
    known).
    """

    next_offset: int
    epoch: int
    topic_id: str | None = None
    last: tuple[int, int] | None = None
    gap_was_sought: bool = field(default=False, init=False)
    """Whether the consumer has already seeked to `next_offset` because of a gap in front of the next record."""
    is_verified: bool = field(default=False, init=False)
    """Whether the log was seen to hold the last applied record in its place, or not to hold it any more."""

    def first_wanted(self, beginning: int) -> int:
        """Where to read from: the last applied record is read once more, to see that it is still the same."""
        if self.last is None or self.is_verified:
            return self.next_offset
        return min(max(self.last[0], beginning), self.next_offset)


@dataclass(frozen=True, slots=True)
class Step:
    """From where to where a batch moves the positions of its partitions, and under which epochs: fixed once, so that
    whatever is assigned or revoked meanwhile can only make it fail. One element a partition in each field."""

    partitions: tuple[TopicPartition, ...]
    before: tuple[int, ...]
    after: tuple[int, ...]
    epochs: tuple[int, ...]
    last: tuple[tuple[int, int], ...]


class Positions(dict[TopicPartition, Position]):
    """Partition → position, of the partitions that we own."""

    async def assign(self, pool: asyncpg.Pool, name: str, partitions: Iterable[TopicPartition]) -> None:
        """Own these partitions of one topic, called `name` in the database, from the database's offsets on."""
        by_number = {tp.partition: tp for tp in partitions}
        for row in await pool.fetch(queries["assign_partitions"], name, sorted(by_number)):
            last = None if row["fingerprint"] is None else (row["last_offset"], row["fingerprint"])
            self[by_number[row["partition"]]] = Position(row["next_offset"], row["epoch"], row["topic_id"], last)

    async def are_set_back(self, pool: asyncpg.Pool, prefix: str) -> bool:
        """Whether somebody set a position of ours back in the database, so that its records are applied again; False
        while the database is away. Topics have the prefix there, and none in the database."""
        known = {tp: position.next_offset for tp, position in self.items()}
        try:
            rows = await pool.fetch(queries["all_positions"])
        except UNAVAILABLE:
            return False
        return any(
            row["next_offset"] < known.get(TopicPartition(prefix + row["topic"], row["partition"]), 0) for row in rows
        )

    def revoke(self, partitions: Iterable[TopicPartition]) -> None:
        for tp in partitions:
            self.pop(tp, None)

    def verify(self, found: Iterable[PartitionRun]) -> None:
        """Compare the last applied record of each partition with the log, the first time that it is read there.

        Raises AnotherLog where it is another one.
        """
        for tp, run in found:
            position = self.get(tp)
            if position is None or position.is_verified:
                continue
            if position.last is not None and run[0].offset <= position.last[0]:
                offset, expected = position.last
                if any(record.offset == offset and fingerprint(record.key, record.value) != expected for record in run):
                    raise AnotherLog(tp, offset, "another record stands where the last one was applied")
            position.is_verified = True

    def unapplied(self, found: Iterable[PartitionRun]) -> list[Record]:
        """The records of our partitions that were not applied yet.

        Raises Gap, once, for a partition where offsets are missing. Where they are still missing after the seek, the
        topic does not have them (any more), and the records behind the gap are returned.
        """
        unapplied: list[Record] = []
        expected: dict[TopicPartition, int] = {}
        for tp, run in found:
            position = self.get(tp)
            if position is None:
                continue
            first = next_offset = expected.get(tp, position.next_offset)
            fresh = []
            for record in run:  # a client that seeked back in between returns some records twice
                if record.offset >= next_offset:
                    fresh.append(record)
                    next_offset = record.offset + 1
            if fresh and fresh[0].offset > first and tp not in expected and not position.gap_was_sought:
                position.gap_was_sought = True
                raise Gap
            if fresh:
                unapplied += fresh
                expected[tp] = next_offset
        return unapplied

    def step(self, records: Sequence[Record]) -> Step:
        """What applying these records, of one topic and in the order of their partitions' offsets, does to the
        positions. Raises Fenced for a partition that we do not own, and for records that were applied meanwhile."""
        first = {record.partition: record.offset for record in reversed(records)}
        last = {record.partition: record for record in records}
        partitions = tuple(TopicPartition(records[0].topic, number) for number in sorted(last))
        positions = [self.get(tp) for tp in partitions]
        owned = [position for position in positions if position is not None]
        if len(owned) < len(partitions):
            raise Fenced
        if any(first[tp.partition] < position.next_offset for tp, position in zip(partitions, owned, strict=True)):
            raise Fenced
        ends = [last[tp.partition] for tp in partitions]
        return Step(
            partitions,
            before=tuple(position.next_offset for position in owned),
            after=tuple(record.offset + 1 for record in ends),
            epochs=tuple(position.epoch for position in owned),
            last=tuple((record.offset, fingerprint(record.key, record.value)) for record in ends),
        )

    async def advance(self, db: asyncpg.Connection, name: str, step: Step) -> None:
        """Advance the offsets of topic `name` in the database: all of them or, raising Fenced, none."""
        done = await db.execute(
            queries["advance_offsets"],
            name,
            [tp.partition for tp in step.partitions],
            step.before,
            step.after,
            step.epochs,
            [offset for offset, _ in step.last],
            [value for _, value in step.last],
        )
        if done != f"UPDATE {len(step.partitions)}":
            raise Fenced

    def committed(self, step: Step) -> None:
        """The transaction that made this step is committed: continue there, where we own it as we did then."""
        for tp, epoch, after, last in zip(step.partitions, step.epochs, step.after, step.last, strict=True):
            position = self.get(tp)
            if position is not None and position.epoch == epoch:
                position.next_offset, position.last = after, last
                position.gap_was_sought = False


_partition_of = attrgetter("topic", "partition")


def partition_runs(records: Sequence[Record]) -> Iterator[PartitionRun]:
    """The records grouped into runs of one partition each, at little cost for each record."""
    for place, run in groupby(records, key=_partition_of):
        yield TopicPartition(*place), list(run)
