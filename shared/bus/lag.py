"""How far a consumer is behind: records of its partitions that are not applied yet, and for how many seconds."""

import asyncio
import time
from collections import deque
from collections.abc import Iterator

from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.bus.positions import Positions

MEASURED_WITHIN = 4.0
"""Seconds the broker may take to report the ends of the partitions."""

MOST_ENDS = 512
"""Earlier ends that are kept of a partition; of more, every second one is forgotten: the seconds are coarser then."""


class Lag:
    """The ends of the partitions as last measured and as they were before, against the positions now."""

    def __init__(self, positions: Positions) -> None:
        self._positions = positions
        self._ends: dict[TopicPartition, int] = {}
        self._earlier: dict[TopicPartition, deque[tuple[float, int]]] = {}

    @property
    def ends(self) -> dict[TopicPartition, int]:
        return self._ends

    async def measure(self, client: AIOKafkaConsumer) -> None:
        """Ask the broker for the ends. Raises KafkaError, or TimeoutError after MEASURED_WITHIN seconds."""
        if self._positions:
            async with asyncio.timeout(MEASURED_WITHIN):
                self.note(dict(await client.end_offsets(list(self._positions))), time.monotonic())

    def note(self, ends: dict[TopicPartition, int], now: float) -> None:
        """The partitions end there now. Of each the ends are kept that its position has not reached."""
        self._ends = ends
        self._earlier = {tp: self._unreached(tp, end, now) for tp, end in ends.items() if tp in self._positions}

    def _unreached(self, tp: TopicPartition, end: int, now: float) -> deque[tuple[float, int]]:
        known = self._earlier.get(tp) or deque()
        position = self._positions[tp].next_offset
        while known and known[0][1] <= position:
            known.popleft()
        if end > position and (not known or end > known[-1][1]):
            known.append((now, end))
        return deque(list(known)[::2]) if len(known) > MOST_ENDS else known

    def records(self, topic: str | None = None) -> int | None:
        """Records not yet applied of the partitions (of one topic, by its name in Kafka) that we own; None: unknown."""
        behind = [max(0, end - self._positions[tp].next_offset) for tp, end in self._owned(topic)]
        return sum(behind) if behind else None

    def seconds(self, topic: str | None = None, now: float | None = None) -> float | None:
        """For how long the record has been on the log that is longest there without being applied, as far as this
        process saw it come; 0: none waits, None: unknown."""
        now = time.monotonic() if now is None else now
        behind = [now - self._since(tp, now) for tp, _ in self._owned(topic)]
        return max(behind) if behind else None

    def _since(self, tp: TopicPartition, now: float) -> float:
        position = self._positions[tp].next_offset
        return next((at for at, end in self._earlier.get(tp, ()) if end > position), now)

    def _owned(self, topic: str | None) -> Iterator[tuple[TopicPartition, int]]:
        return ((tp, end) for tp, end in self._ends.items() if tp in self._positions and topic in (None, tp.topic))
