"""A record as a handler sees it, and CloudEvents' binary mode on Kafka."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from aiokafka import ConsumerRecord

Headers = Sequence[tuple[str, bytes]]


class Record:
    """One record of a topic, read lazily: a batch of thousands costs only what its handler looks at."""

    __slots__ = ("_raw",)

    def __init__(self, raw: "ConsumerRecord[bytes, bytes]") -> None:
        self._raw = raw

    @property
    def topic(self) -> str:
        """The topic's full name, with the prefix of this stack."""
        return str(self._raw.topic)

    @property
    def partition(self) -> int:
        return int(self._raw.partition)

    @property
    def offset(self) -> int:
        return int(self._raw.offset)

    @property
    def timestamp(self) -> int:
        """Milliseconds since 1970, set by the producer."""
        return int(self._raw.timestamp)

    @property
    def key(self) -> str:
        """The key as text; bytes that are not UTF-8 are replaced, so that a garbled key can still be shown."""
        return (self._raw.key or b"").decode(errors="replace")

    @property
    def raw_key(self) -> bytes | None:
        return self._raw.key

    @property
    def value(self) -> bytes | None:
        """The record's bytes; None is a tombstone."""
        return self._raw.value

    @property
    def headers(self) -> Headers:
        return self._raw.headers

    @property
    def type(self) -> str:
        """The CloudEvents type, "" when the header is missing."""
        return header(self.headers, "ce_type")

    @property
    def id(self) -> str:
        """The CloudEvents id, "" when the header is missing."""
        return header(self.headers, "ce_id")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An event to publish; `id` is the same however often it is published. `value` None is a tombstone."""

    topic: str
    key: str
    type: str
    id: str
    time: datetime
    value: bytes | None


def cloudevent_headers(event: Outgoing, source: str) -> list[tuple[str, bytes]]:
    """CloudEvents 1.0, Kafka protocol binding, binary content mode."""
    return [
        ("ce_specversion", b"1.0"),
        ("ce_id", event.id.encode()),
        ("ce_type", event.type.encode()),
        ("ce_source", source.encode()),
        ("ce_time", event.time.isoformat().replace("+00:00", "Z").encode()),
        ("ce_subject", event.key.encode()),
        ("content-type", b"application/json"),
    ]


def header(headers: Headers, name: str) -> str:
    """The header's text, "" when it is missing or empty."""
    for key, value in headers:
        if key == name:
            return (value or b"").decode(errors="replace")
    return ""
