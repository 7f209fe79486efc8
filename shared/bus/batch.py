"""What a handler gets: records of one topic, decoded together, the bad ones rejected."""

from collections.abc import Container, Iterable, Iterator, Sequence
from typing import TypeVar

import msgspec

from shared.bus.records import Record, event_type

T = TypeVar("T")


class Batch:
    """Records of one topic, those of a partition in their order. Rejected records become dead letters."""

    def __init__(self, topic: str, records: Sequence[Record]) -> None:
        self.topic = topic
        """The topic's name as in the contracts, without the prefix of this stack."""
        self.records = records
        self.rejected: list[tuple[Record, str]] = []

    def decode(self, kind: type[T], records: Iterable[Record] | None = None) -> Iterator[tuple[Record, T]]:
        """Each record with its value as `kind`; a record without such a value is rejected. Tombstones are left out.

        `records` is a part of the batch, for topics whose types differ.
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

    def of_types(self, types: Container[str]) -> list[Record]:
        """The records of these event types; others are rejected as `unknown_type`.

        Costs about a microsecond for each record: where all types have the same value, a hot path may do without.
        """
        found = []
        for record in self.records:
            if event_type(record) in types:
                found.append(record)
            else:
                self.reject(record, "unknown_type")
        return found

    def tombstones(self) -> list[Record]:
        """The records without a value: their keys are deleted."""
        return [record for record in self.records if record.value is None]

    def reject(self, record: Record, reason: str) -> None:
        """Make this record a dead letter; `reason` is a stable code, perhaps with `: detail`, and nothing personal."""
        self.rejected.append((record, reason))


def _without_values(problem: Exception) -> str:
    """Where decoding failed, without the value: that may be personal data."""
    text = str(problem)
    if isinstance(problem, msgspec.ValidationError):
        return text.split(" - at ")[-1] if " - at " in text else "value"
    return "not JSON"
