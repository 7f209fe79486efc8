"""Assigned partitions: owned in the database first, then read from the database's offsets."""

from collections.abc import Callable, Container, Iterable
from itertools import groupby

import asyncpg
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition

from shared.bus.positions import Positions
from shared.database import UNAVAILABLE
from shared.part import BackOff, Part

FIRST_BACK_OFF = 0.1
LONGEST_BACK_OFF = 5.0
"""Seconds between attempts while the database is down."""


class Assignment(ConsumerRebalanceListener):
    """Follows the consumer group: which partitions are ours, and where the client goes on reading.

    `client` returns the Kafka client of now; `halted` holds the topics, without prefix, that are not read.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        positions: Positions,
        part: Part,
        *,
        client: Callable[[], AIOKafkaConsumer | None],
        halted: Container[str],
        prefix: str,
    ) -> None:
        self._pool = pool
        self._positions = positions
        self._part = part
        self._client = client
        self._halted = halted
        self._prefix = prefix

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        await self.assign(assigned)

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        self._positions.revoke(revoked)

    async def assign(self, partitions: Iterable[TopicPartition]) -> None:
        """Own the partitions and seek; waits for the database, since only it knows the offsets."""
        ordered, back_off = sorted(partitions), BackOff(FIRST_BACK_OFF, LONGEST_BACK_OFF)
        while not self._part.stopping:
            try:
                await self._assign(ordered)
                return
            except UNAVAILABLE as problem:
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
            for tp in partitions:
                client.seek(tp, self._positions[tp].next_offset)
            if name in self._halted:
                client.pause(*partitions)
        self._part.progressed()
