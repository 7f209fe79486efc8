"""Dead letters: the original bytes and headers, and why they could not be used."""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable
from datetime import UTC, datetime

from shared.bus.batch import Batch
from shared.bus.producer import Message, Producer
from shared.bus.records import Record
from shared.bus.topics import DEAD_LETTER_SUFFIX
from shared.observability import get_logger

log = get_logger(__name__)

REASON = "payung_reason"
CONSUMER = "payung_consumer"
TOPIC = "payung_topic"
PARTITION = "payung_partition"
OFFSET = "payung_offset"
FIRST_FAILURE = "payung_first_failure"
LAST_FAILURE = "payung_last_failure"
OURS = frozenset({REASON, CONSUMER, TOPIC, PARTITION, OFFSET, FIRST_FAILURE, LAST_FAILURE})

POISON_WINDOW = 1_000
POISON_SHARE = 0.5
POISON_AT_LEAST = 200


class Halted(Exception):
    """Too many of the recent records are poison: this is no bad record but a bad release, on one side or the other."""


class DeadLetters:
    """Sets aside what a consumer's batches rejected, and remembers how much of each topic was poison of late."""

    def __init__(self, kafka: str, consumer: str, *, prefix: str = "") -> None:
        self._producer = Producer(kafka, consumer, prefix=prefix)
        self._consumer = consumer
        self._recent: dict[str, deque[bool]] = defaultdict(lambda: deque(maxlen=POISON_WINDOW))
        self.buried: Counter[str] = Counter()
        """Topic → letters since the start."""

    async def bury(self, batch: Batch) -> None:
        """Return once the letters are with the broker, before their offsets are passed; a repeat is told by its origin.

        Raises Halted, with none sent, when too much is poison.
        """
        poison = {id(record) for record, _ in batch.rejected}
        recent = self._recent[batch.topic].copy()
        recent.extend(id(record) in poison for record in batch.records[-POISON_WINDOW:])
        if poison:
            bad, last = sum(recent), batch.rejected[-1][1]
            if bad >= POISON_AT_LEAST and bad > POISON_SHARE * len(recent):
                raise Halted(f"{bad} of the last {len(recent)} records are poison, the last one: {last}")
            dead = letters(batch.topic, batch.rejected, consumer=self._consumer, now=datetime.now(UTC))
            await self._producer.send(dead)
            self.buried[batch.topic] += len(dead)
            log.warning("dead letters", topic=batch.topic, count=len(dead), reason=batch.rejected[0][1])
        self._recent[batch.topic] = recent

    async def stop(self) -> None:
        await self._producer.stop()


def letters(topic: str, rejected: Iterable[tuple[Record, str]], *, consumer: str, now: datetime) -> list[Message]:
    """The dead letters of `topic` (its name without prefix); topic + partition + offset identify one."""
    return [_letter(topic, record, reason, consumer, now.isoformat()) for record, reason in rejected]


def _letter(topic: str, record: Record, reason: str, consumer: str, now: str) -> Message:
    earlier = dict(record.headers)
    ours = {
        REASON: reason,
        CONSUMER: consumer,
        TOPIC: topic,
        PARTITION: str(record.partition),
        OFFSET: str(record.offset),
        LAST_FAILURE: now,
    }
    headers = [(name, value) for name, value in record.headers if name not in OURS]
    headers += [(name, value.encode()) for name, value in ours.items()]
    headers.append((FIRST_FAILURE, earlier.get(FIRST_FAILURE, now.encode())))
    return Message(topic + DEAD_LETTER_SUFFIX, record.key, record.value, headers)
