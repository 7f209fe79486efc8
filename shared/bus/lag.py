"""How many records of its partitions a consumer has not applied yet."""

import asyncio

from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.bus.positions import Positions

MEASURED_WITHIN = 4.0
"""Seconds the broker may take to report the ends of the partitions."""


class Lag:
    """The ends of the partitions as last measured, against the positions now."""

    def __init__(self, positions: Positions) -> None:
        self._positions = positions
        self._ends: dict[TopicPartition, int] = {}

    @property
    def ends(self) -> dict[TopicPartition, int]:
        return self._ends

    async def measure(self, client: AIOKafkaConsumer) -> None:
        """Ask the broker for the ends. Raises KafkaError, or TimeoutError after MEASURED_WITHIN seconds."""
        if self._positions:
            async with asyncio.timeout(MEASURED_WITHIN):
                self._ends = dict(await client.end_offsets(list(self._positions)))

    def records(self, topic: str | None = None) -> int | None:
        """Records not yet applied of the partitions (of one topic, by its name in Kafka) that we own; None: unknown."""
        behind = [
            max(0, end - self._positions[tp].next_offset)
            for tp, end in self._ends.items()
            if tp in self._positions and topic in (None, tp.topic)
        ]
        return sum(behind) if behind else None
