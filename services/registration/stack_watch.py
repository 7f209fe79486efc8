"""What an operator must know of the whole stack and no other part counts: dead letters that nobody put back, when
everything was last saved, and how full the disk is."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import asyncpg
from aiokafka.errors import KafkaError
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from services.registration.queries import queries
from shared.bus.dead_letter_reader import Waiting, reader, waiting_dead_letters
from shared.database import UNAVAILABLE
from shared.observability import Metrics
from shared.part import Part

PAUSE_SECONDS = 60.0
FIRST_AFTER = 10.0
"""Seconds until the first look, so that it is not in the way of a start."""
ANSWERED_WITHIN = 10.0


class StackWatch(Part):
    """Looks every minute. registration alone may see the dead letters of all topics."""

    waits_for = (*UNAVAILABLE, KafkaError, TimeoutError)
    tolerates = (*UNAVAILABLE, KafkaError, TimeoutError)

    def __init__(self, pool: asyncpg.Pool, metrics: Metrics, *, kafka: str, disk: Path, prefix: str = "") -> None:
        super().__init__("stack-watch")
        self._pool, self._kafka, self._prefix = pool, kafka, prefix
        self._is_first = True
        self.dead_letters: dict[str, Waiting] = {}
        self.saved_at: float | None = None
        """When everything was last saved, in seconds since 1970; None: never."""
        metrics.registry.register(_Stack(metrics.prefix, self, disk))

    async def step(self) -> float:
        is_first, self._is_first = self._is_first, False
        if is_first:
            return FIRST_AFTER
        await self.look()
        return PAUSE_SECONDS

    async def look(self) -> None:
        """Raises one of UNAVAILABLE, KafkaError or TimeoutError; what was seen before is then still reported."""
        self.saved_at = await self._pool.fetchval(queries["last_backup"])
        async with asyncio.timeout(ANSWERED_WITHIN):
            async with reader(self._kafka) as client:
                self.dead_letters = await waiting_dead_letters(client, prefix=self._prefix)


class _Stack(Collector):
    def __init__(self, prefix: str, watch: StackWatch, disk: Path) -> None:
        self._prefix, self._watch, self._disk = prefix, watch, disk

    def collect(self) -> Iterator[Metric]:
        waiting = GaugeMetricFamily(self._prefix + "dead_letters", "Dead letters by topic", labels=["topic"])
        text = "When the oldest dead letter of the topic was written"
        oldest = GaugeMetricFamily(self._prefix + "oldest_dead_letter_timestamp_seconds", text, labels=["topic"])
        for topic, each in self._watch.dead_letters.items():
            waiting.add_metric([topic], each.count)
            oldest.add_metric([topic], each.oldest_at)
        yield from (waiting, oldest)
        yield self._one("last_backup_timestamp_seconds", "When everything was last saved", self._watch.saved_at)
        disk = shutil.disk_usage(self._disk)
        yield self._one("disk_size_bytes", "Size of the disk that the uploads, or all data, are on", disk.total)
        yield self._one("disk_free_bytes", "Free on that disk", disk.free)

    def _one(self, name: str, text: str, value: float | None) -> Metric:
        return GaugeMetricFamily(self._prefix + name, text, value)
