"""Dead letters: the original bytes and headers, and why they could not be used."""

from collections.abc import Iterable
from datetime import datetime

from shared.bus.producer import Message
from shared.bus.records import Record
from shared.bus.topics import DEAD_LETTER_SUFFIX

REASON = "payung_reason"
CONSUMER = "payung_consumer"
TOPIC = "payung_topic"
PARTITION = "payung_partition"
OFFSET = "payung_offset"
FIRST_FAILURE = "payung_first_failure"
LAST_FAILURE = "payung_last_failure"
OURS = frozenset({REASON, CONSUMER, TOPIC, PARTITION, OFFSET, FIRST_FAILURE, LAST_FAILURE})


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
