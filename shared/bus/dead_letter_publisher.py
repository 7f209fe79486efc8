"""Publishes what a consumer's batches rejected to the dead-letter topics, and halts where that is too much."""

from collections import Counter, defaultdict, deque
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from shared.bus import dead_letters
from shared.bus.batch import Batch
from shared.bus.producer import Producer
from shared.bus.records import Record
from shared.observability import get_logger

log = get_logger(__name__)


@dataclass(frozen=True)
class PoisonLimit:
    """How much poison a topic may have: of its last `window` records at most `share`; fewer than `minimum` are fine."""

    window: int = 1_000
    share: float = 0.5
    minimum: int = 200

    def exceeded_by(self, recent: Collection[bool]) -> bool:
        """`recent`: for each of the last records whether it is poison."""
        poison = sum(recent)
        return poison >= self.minimum and poison > self.share * len(recent)


LIMIT = PoisonLimit()


class Halted(Exception):
    """Too many of the last records are poison: the cause is not one bad record but a bad release of some service.
    `record` is the last of them."""

    def __init__(self, text: str, record: Record) -> None:
        super().__init__(text)
        self.record = record


class DeadLetterPublisher:
    """Publishes one consumer's dead letters and keeps, for each topic, which of its last records were poison."""

    def __init__(self, kafka: str, consumer: str, *, prefix: str = "") -> None:
        self._producer = Producer(kafka, consumer, prefix=prefix)
        self._consumer = consumer
        self._recent: dict[str, deque[bool]] = defaultdict(lambda: deque(maxlen=LIMIT.window))
        self.unhalted: set[str] = set()
        """Topics that are never halted: what others send into them is no sign of a bad release of ours."""
        self.forgiven: dict[tuple[str, int], int] = {}
        """(topic, partition) → the offset up to which poison is not counted, because somebody said so."""
        self.counts: Counter[str] = Counter()
        """Topic → dead letters published since the start."""

    async def publish(self, batch: Batch) -> None:
        """Publish what the batch rejected; returns once the broker has it, so that the offsets may be passed.

        A batch that is applied again publishes it again: the origin identifies the duplicates.
        Raises Halted, with none published, when LIMIT is exceeded (see `unhalted`); KafkaError or TimeoutError when the
        broker fails.
        """
        poison = {id(record) for record, _ in batch.rejected}
        recent = self._recent[batch.topic].copy()
        recent.extend(
            id(record) in poison and record.offset >= self.forgiven.get((batch.topic, record.partition), 0)
            for record in batch.records[-LIMIT.window :]
        )
        if poison:
            if batch.topic not in self.unhalted and LIMIT.exceeded_by(recent):
                record, reason = batch.rejected[-1]
                text = f"{sum(recent)} of the last {len(recent)} records are poison, the last one: {reason}"
                raise Halted(text, record)
            await self._publish(batch)
        self._recent[batch.topic] = recent

    def forget(self, topic: str) -> None:
        """Count the topic's poison anew."""
        self._recent.pop(topic, None)

    async def stop(self) -> None:
        await self._producer.stop()

    async def _publish(self, batch: Batch) -> None:
        now = datetime.now(UTC)
        messages = dead_letters.to_messages(batch.topic, batch.rejected, consumer=self._consumer, now=now)
        await self._producer.send(messages)
        self.counts[batch.topic] += len(messages)
        log.warning("dead letters", topic=batch.topic, count=len(messages), reason=batch.rejected[0][1])
