"""Which partitions are ours and where each stands. The truth is the table `consumer_offsets`.

Taking a partition over raises its epoch, which fences the former owner out; a batch moves its offsets by
compare-and-swap in the transaction of its effects. If the swap fails, somebody else owns them and nothing is written.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter

import asyncpg
from aiokafka import TopicPartition

from shared.bus.records import Record

TAKE_OVER = """
    insert into consumer_offsets as o (topic, partition)
    select $1, p from unnest($2::int[]) p
    on conflict (topic, partition) do update set epoch = o.epoch + 1
    returning partition, next_offset, epoch"""

ADVANCE = """
    update consumer_offsets o set next_offset = n.next
    from unnest($2::int[], $3::bigint[], $4::bigint[], $5::bigint[]) n (partition, previous, next, epoch)
    where o.topic = $1 and o.partition = n.partition and o.next_offset = n.previous and o.epoch = n.epoch"""

Run = tuple[TopicPartition, list[Record]]
"""Records of one partition that stand together."""


class Fenced(Exception):
    """Somebody else moved or took over a partition of this batch: its effects are void."""


class Position:
    """Where one partition stands: the next offset to apply and the epoch under which we own it."""

    __slots__ = ("epoch", "next_offset", "sought")

    def __init__(self, next_offset: int, epoch: int) -> None:
        self.next_offset = next_offset
        self.epoch = epoch
        self.sought = False
        """Whether a gap before the next record was sought already, in vain."""


class Positions(dict[TopicPartition, Position]):
    """Partition → position, of those that we own."""

    async def take_over(self, pool: asyncpg.Pool, name: str, partitions: Iterable[TopicPartition]) -> None:
        """Own these partitions of one topic, called `name` in the database, from the database's offsets on."""
        mine = {tp.partition: tp for tp in partitions}
        for row in await pool.fetch(TAKE_OVER, name, sorted(mine)):
            self[mine[row["partition"]]] = Position(row["next_offset"], row["epoch"])

    def give_up(self, partitions: Iterable[TopicPartition]) -> None:
        for tp in partitions:
            self.pop(tp, None)

    def due(self, found: Iterable[Run]) -> list[Record]:
        """What is ours and not applied yet. A gap is sought once (as Fenced): it is real if it is there after that."""
        due: list[Record] = []
        expected: dict[TopicPartition, int] = {}
        for tp, run in found:
            position = self.get(tp)
            if position is None:
                continue
            first = next_offset = expected.get(tp, position.next_offset)
            fresh = []
            for record in run:  # a client that sought back in between gives some twice
                if record.offset >= next_offset:
                    fresh.append(record)
                    next_offset = record.offset + 1
            if fresh and fresh[0].offset > first and tp not in expected and not position.sought:
                position.sought = True
                raise Fenced
            if fresh:
                due += fresh
                expected[tp] = next_offset
        return due

    def after(self, records: Sequence[Record]) -> dict[TopicPartition, int]:
        """The next offset of each partition once these records, of one topic, are applied. Raises Fenced for a
        partition that is not ours."""
        last = {record.partition: record.offset for record in records}
        after = {TopicPartition(records[0].topic, number): offset + 1 for number, offset in last.items()}
        if not after.keys() <= self.keys():
            raise Fenced
        return after

    async def advance(self, db: asyncpg.Connection, name: str, after: dict[TopicPartition, int]) -> None:
        """Move the database's offsets of topic `name` on, all of them or, raising Fenced, none."""
        ordered = sorted(after)
        before = [self[tp] for tp in ordered]
        done = await db.execute(
            ADVANCE,
            name,
            [tp.partition for tp in ordered],
            [position.next_offset for position in before],
            [after[tp] for tp in ordered],
            [position.epoch for position in before],
        )
        if done != f"UPDATE {len(ordered)}":
            raise Fenced

    def moved(self, after: dict[TopicPartition, int]) -> None:
        """The batch is committed: go on from there (in what we still own)."""
        for tp, next_offset in after.items():
            if tp in self:
                self[tp].next_offset = next_offset
                self[tp].sought = False


_place = attrgetter("topic", "partition")


def runs(records: Sequence[Record]) -> Iterator[Run]:
    """The records as runs of one partition each, at little cost for each record."""
    for place, run in groupby(records, key=_place):
        yield TopicPartition(*place), list(run)
