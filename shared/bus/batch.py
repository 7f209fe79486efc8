"""What a handler is given: records of one topic, decoded at once, the bad ones set aside."""

from collections.abc import Container, Iterable, Iterator, Sequence
from typing import TypeVar

import msgspec

from shared.bus.records import Record, event_type

T = TypeVar("T")


class Batch:
    """Records of one topic in the order of their partitions. What is rejected goes to the dead letters."""

    def __init__(self, topic: str, records: Sequence[Record]) -> None:
        self.topic = topic
        """The topic's name as in the contracts, without the prefix of this stack."""
        self.records = records
        self.rejected: list[tuple[Record, str]] = []

    def decode(self, kind: type[T], records: Iterable[Record] | None = None) -> Iterator[tuple[Record, T]]:
        """The records' values as `kind`, one at a time; what is no such value is rejected. Tombstones are left out.

        `records` narrows the batch, for topics whose types differ.
        """
        decode = msgspec.json.Decoder(kind).decode
        for record in self.records if records is None else records:
            if record.value is None:
                continue
            try:
                value = decode(record.value)
            except (msgspec.DecodeError, UnicodeDecodeError) as problem:
                self.reject(record, f"malformed: {_without_values(problem)}")
            else:
                yield record, value

    def known(self, types: Container[str]) -> list[Record]:
        """The records of these types; others are rejected as `unknown_type`.

        Costs about a microsecond a record: where all types have one value, a hot path may do without.
        """
        found = []
        for record in self.records:
            if event_type(record) in types:
                found.append(record)
            else:
                self.reject(record, "unknown_type")
        return found

    def tombstones(self) -> list[Record]:
        return [record for record in self.records if record.value is None]

    def reject(self, record: Record, reason: str) -> None:
        """Send this record to the dead letters; `reason` is a stable code, optionally `: detail`, nothing personal."""
        self.rejected.append((record, reason))


def _without_values(problem: Exception) -> str:
    """Where it failed, without the value that stood there: that may be personal data."""
    text = str(problem)
    if isinstance(problem, msgspec.ValidationError):
        return text.split(" - at ")[-1] if " - at " in text else "value"
    return "not JSON"
