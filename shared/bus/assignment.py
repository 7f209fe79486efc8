"""Assigned partitions: owned in the database first, then read from the database's offsets, if it is still their log."""

from collections.abc import Awaitable, Callable, Iterable
from itertools import groupby

import asyncpg
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError

from shared.bus import lineage
from shared.bus.another_log import AnotherLog
from shared.bus.positions import Positions
from shared.bus.queries import queries
from shared.database import UNAVAILABLE
from shared.part import BackOff, Part

FIRST_BACK_OFF = 0.1
LONGEST_BACK_OFF = 5.0
"""Seconds between attempts while the database is down."""


class Assignment(ConsumerRebalanceListener):
    """Follows the consumer group: which partitions are ours, and where the client goes on reading.

    `client` returns the Kafka client of now; `stands_still` says of a topic, without prefix, that it is not read;
    `halt` is told of one whose log is another.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        positions: Positions,
        part: Part,
        *,
        client: Callable[[], AIOKafkaConsumer | None],
        stands_still: Callable[[str], bool],
        halt: Callable[[str, AnotherLog], Awaitable[None]],
        prefix: str,
    ) -> None:
        self._pool = pool
        self._positions = positions
        self._part = part
        self._client = client
        self._stands_still = stands_still
        self._halt = halt
        self._prefix = prefix

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        await self.assign(assigned)

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        self._positions.revoke(revoked)

    async def assign(self, partitions: Iterable[TopicPartition]) -> None:
        """Own the partitions and seek; waits for the database, since only it knows the offsets, and for the broker, as
        long as the client is there."""
        ordered, back_off = sorted(partitions), BackOff(FIRST_BACK_OFF, LONGEST_BACK_OFF)
        while not self._part.stopping and self._client() is not None:
            try:
                await self._assign(ordered)
                return
            except (*UNAVAILABLE, KafkaError, TimeoutError) as problem:
                await self._part.wait_after(problem, back_off)

    async def recover(self, topic: str) -> None:
        """Read the database's offsets again for the partitions of `topic` that are still ours, and seek there."""
        client = self._client()
        if client is None or self._part.stopping:
            return
        sought = {tp for tp, position in self._positions.items() if position.gap_was_sought}
        await self.assign(tp for tp in client.assignment() if tp.topic == topic)
        for tp in sought & self._positions.keys():
            self._positions[tp].gap_was_sought = True

    async def _assign(self, ordered: list[TopicPartition]) -> None:
        client = self._client()
        if client is None:
            return
        for topic, group in groupby(ordered, key=lambda tp: tp.topic):
            name, partitions = topic.removeprefix(self._prefix), list(group)
            await self._positions.assign(self._pool, name, partitions)
            beginnings: lineage.Beginnings = {}
            try:
                identity, beginnings = await lineage.examine(client, name, partitions, self._positions)
            except AnotherLog as problem:
                await self._halt(name, problem)
            else:
                await self._note(name, partitions, identity)
            owned = [tp for tp in partitions if tp in self._positions]  # some may have been revoked meanwhile
            for tp in owned:
                client.seek(tp, self._positions[tp].first_wanted(beginnings.get(tp, 0)))
            if owned and self._stands_still(name):
                client.pause(*owned)
        self._part.progressed()

    async def _note(self, name: str, partitions: Iterable[TopicPartition], identity: str) -> None:
        """Positions without a topic's identity count in this one from now on."""
        fresh = [self._positions[tp] for tp in partitions if tp in self._positions]
        if any(position.topic_id is None for position in fresh):
            await self._pool.execute(queries["note_topic_id"], name, identity)
            for position in fresh:
                position.topic_id = position.topic_id or identity
