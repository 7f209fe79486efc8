"""Which partitions this consumer owns and the next offset of each. The truth is the table `consumer_offsets`.

Every assignment of a partition raises its epoch, which fences its former owner out. A batch advances its offsets by
compare-and-swap in the transaction of its effects. If the swap fails, another consumer owns the partitions, and nothing
is written.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter

import asyncpg
from aiokafka import TopicPartition

from shared.bus.queries import queries
from shared.bus.records import Record

PartitionRun = tuple[TopicPartition, list[Record]]
"""Consecutive records of one partition."""


class Fenced(Exception):
    """Another consumer advanced or was assigned a partition of this batch: nothing of the batch may be written."""


class Gap(Exception):
    """The batch does not begin at the next offset of a partition: seek there before anything is applied."""


class Position:
    """The next offset to apply of one partition, and the epoch under which we own it."""

    __slots__ = ("epoch", "gap_was_sought", "next_offset")

    def __init__(self, next_offset: int, epoch: int) -> None:
        self.next_offset = next_offset
        self.epoch = epoch
        self.gap_was_sought = False
        """Whether the consumer has already seeked to `next_offset` because of a gap in front of the next record."""


class Positions(dict[TopicPartition, Position]):
    """Partition → position, of the partitions that we own."""

    async def assign(self, pool: asyncpg.Pool, name: str, partitions: Iterable[TopicPartition]) -> None:
        """Own these partitions of one topic, called `name` in the database, from the database's offsets on."""
        by_number = {tp.partition: tp for tp in partitions}
        for row in await pool.fetch(queries["assign_partitions"], name, sorted(by_number)):
            self[by_number[row["partition"]]] = Position(row["next_offset"], row["epoch"])

    def revoke(self, partitions: Iterable[TopicPartition]) -> None:
        for tp in partitions:
            self.pop(tp, None)

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

    def next_offsets(self, records: Sequence[Record]) -> dict[TopicPartition, int]:
        """The next offset of each partition once these records, of one topic, are applied. Raises Fenced for a
        partition that we do not own."""
        last = {record.partition: record.offset for record in records}
        after = {TopicPartition(records[0].topic, number): offset + 1 for number, offset in last.items()}
        if not after.keys() <= self.keys():
            raise Fenced
        return after

    async def advance(self, db: asyncpg.Connection, name: str, after: dict[TopicPartition, int]) -> None:
        """Advance the offsets of topic `name` in the database: all of them or, raising Fenced, none."""
        ordered = sorted(after)
        before = [self[tp] for tp in ordered]
        done = await db.execute(
            queries["advance_offsets"],
            name,
            [tp.partition for tp in ordered],
            [position.next_offset for position in before],
            [after[tp] for tp in ordered],
            [position.epoch for position in before],
        )
        if done != f"UPDATE {len(ordered)}":
            raise Fenced

    def committed(self, after: dict[TopicPartition, int]) -> None:
        """The transaction that advanced to these offsets is committed: continue there, where we still own it."""
        for tp, next_offset in after.items():
            if tp in self:
                self[tp].next_offset = next_offset
                self[tp].gap_was_sought = False


_partition_of = attrgetter("topic", "partition")


def partition_runs(records: Sequence[Record]) -> Iterator[PartitionRun]:
    """The records grouped into runs of one partition each, at little cost for each record."""
    for place, run in groupby(records, key=_partition_of):
        yield TopicPartition(*place), list(run)
