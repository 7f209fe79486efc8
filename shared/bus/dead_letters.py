"""Dead letters: records that a consumer could not use, with their original bytes and headers and the reason.
One that is too long for Kafka's producer is cut, says so, and cannot be put back.

Each lies on `TOPIC.dlq`. Topic, partition and offset of the original record identify it however often it is published.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from shared.bus.producer import BATCH_BYTES, Message
from shared.bus.records import Headers, Record, event_type, header, key_text
from shared.bus.topics import DEAD_LETTER_SUFFIX
from shared.release import release

REASON = "payung_reason"
CONSUMER = "payung_consumer"
TOPIC = "payung_topic"
PARTITION = "payung_partition"
OFFSET = "payung_offset"
FIRST_FAILURE = "payung_first_failure"
LAST_FAILURE = "payung_last_failure"
RELEASE = "payung_release"
"""Which code could not use it: another may."""
CUT = "payung_cut"
"""Bytes of the original key, headers and value, where they are too long for a dead letter and were cut."""

OWN_HEADERS = {REASON, CONSUMER, TOPIC, PARTITION, OFFSET, FIRST_FAILURE, LAST_FAILURE, RELEASE, CUT}
"""The headers that a dead letter has beside those of the original record."""


@dataclass(frozen=True)
class DeadLetter:
    """One dead letter as it was read.

    `id` is `topic/partition/offset` on the dead-letter topic, `origin` the same of the original record; `topic` is the
    original topic's name as in the contracts. The times of failure are ISO 8601, in UTC.
    """

    id: str
    topic: str
    reason: str
    consumer: str
    origin: str
    first_failure: str
    last_failure: str
    type: str
    release: str
    record: Record

    @property
    def is_cut(self) -> bool:
        """Whether parts of the original record are missing: it cannot be put back."""
        return bool(header(self.record.headers, CUT))

    @property
    def code(self) -> str:
        """The reason without its detail."""
        return self.reason.partition(":")[0]

    @property
    def key(self) -> str:
        return key_text(self.record)

    @property
    def origin_offset(self) -> int:
        return int(self.origin.rpartition("/")[2])


OWN_BYTES = 8 << 10
"""Bytes at most that a dead letter's own headers and a batch's frame take."""

MOST_BYTES = BATCH_BYTES - OWN_BYTES
"""Bytes of an original record that a dead letter keeps whole."""

MOST_KEY_BYTES = 1 << 10
MOST_VALUE_BYTES = MOST_BYTES - MOST_KEY_BYTES
MOST_TIME_BYTES = 40
HEADER_BYTES = 20
"""Bytes of the two lengths of a header, at most."""

Matches = Callable[[DeadLetter], bool]
"""Selects dead letters."""


def from_record(record: Record, prefix: str) -> DeadLetter:
    """The dead letter in a record of a dead-letter topic; `prefix` is the one of this stack's topics."""
    own = {name: header(record.headers, name) for name in OWN_HEADERS}
    topic = original_topic(record.topic, prefix)
    return DeadLetter(
        id=f"{topic}/{record.partition}/{record.offset}",
        topic=topic,
        reason=own[REASON],
        consumer=own[CONSUMER],
        origin=f"{own[TOPIC]}/{own[PARTITION]}/{own[OFFSET]}",
        first_failure=own[FIRST_FAILURE],
        last_failure=own[LAST_FAILURE],
        type=event_type(record),
        release=own[RELEASE],
        record=record,
    )


def to_messages(topic: str, rejected: Iterable[tuple[Record, str]], *, consumer: str, now: datetime) -> list[Message]:
    """The messages that make these (record, reason) pairs of `topic` (its name without prefix) dead letters."""
    return [_to_message(topic, record, reason, consumer, now.isoformat()) for record, reason in rejected]


def to_original(letter: DeadLetter) -> Message:
    """The original record again; it keeps the time of its first failure, should it fail once more."""
    own = OWN_HEADERS - {FIRST_FAILURE}
    headers = [(name, value) for name, value in letter.record.headers if name not in own]
    return Message(letter.topic, letter.record.key, letter.record.value, headers)


def original_topic(dead_letter_topic: str, prefix: str) -> str:
    return dead_letter_topic.removeprefix(prefix).removesuffix(DEAD_LETTER_SUFFIX)


def _to_message(topic: str, record: Record, reason: str, consumer: str, now: str) -> Message:
    earlier = dict(record.headers)
    own = {
        REASON: reason,
        CONSUMER: consumer,
        TOPIC: topic,
        PARTITION: str(record.partition),
        OFFSET: str(record.offset),
        LAST_FAILURE: now,
        RELEASE: release(),
    }
    headers = [(name, value) for name, value in record.headers if name not in OWN_HEADERS]
    key, value, size = record.key, record.value, _size(record.key, record.value, headers)
    if size > MOST_BYTES:
        own[CUT] = str(size)
        key, value, headers = (key or b"")[:MOST_KEY_BYTES], (value or b"")[:MOST_VALUE_BYTES], []
    headers += [(name, value.encode()) for name, value in own.items()]
    headers.append((FIRST_FAILURE, earlier.get(FIRST_FAILURE, now.encode())[:MOST_TIME_BYTES]))
    return Message(topic + DEAD_LETTER_SUFFIX, key, value, headers)


def _size(key: bytes | None, value: bytes | None, headers: Headers) -> int:
    """Bytes of a record in a batch, at most."""
    named = sum(len(name.encode()) + len(value or b"") + HEADER_BYTES for name, value in headers)
    return len(key or b"") + len(value or b"") + named
