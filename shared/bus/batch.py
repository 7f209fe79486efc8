"""What a handler is given: records of one topic, decoded at once, the bad ones set aside."""

from collections.abc import Container, Sequence
from typing import TypeVar

import msgspec

from shared.bus.records import Record

T = TypeVar("T")


class Batch:
    """Records of one topic in the order of their partitions. What is rejected goes to the dead letters."""

    def __init__(self, topic: str, records: Sequence[Record]) -> None:
        self.topic = topic
        """The topic's name as in the contracts, without the prefix of this stack."""
        self.records = records
        self.rejected: list[tuple[Record, str]] = []

    def decode(self, kind: type[T], records: Sequence[Record] | None = None) -> list[tuple[Record, T]]:
        """The records' values as `kind`; what is no such value is rejected. Tombstones are left out.

        `records` narrows the batch, for topics whose types differ. A whole batch is decoded in one pass; only when
        that fails is each record tried by itself.
        """
        decoder = msgspec.json.Decoder(kind)
        wanted = self.records if records is None else records
        decode = decoder.decode
        try:
            return [(record, decode(value)) for record in wanted if (value := record.value) is not None]
        except (msgspec.DecodeError, UnicodeDecodeError):
            present = [record for record in wanted if record.value is not None]
            return [(record, value) for record in present for value in self._decode_one(decoder, record)]

    def known(self, types: Container[str]) -> list[Record]:
        """The records of these types; others are rejected as `unknown_type`.

        Costs about a microsecond a record: where all types have one value, a hot path may do without.
        """
        found = []
        for record in self.records:
            if record.type in types:
                found.append(record)
            else:
                self.reject(record, "unknown_type")
        return found

    def tombstones(self) -> list[Record]:
        return [record for record in self.records if record.value is None]

    def reject(self, record: Record, reason: str) -> None:
        """Send this record to the dead letters; `reason` is a stable code, optionally `: detail`, nothing personal."""
        self.rejected.append((record, reason))

    def _decode_one(self, decoder: "msgspec.json.Decoder[T]", record: Record) -> list[T]:
        try:
            return [decoder.decode(record.value or b"")]
        except (msgspec.DecodeError, UnicodeDecodeError) as problem:
            self.reject(record, f"malformed: {_without_values(problem)}")
            return []


def _without_values(problem: Exception) -> str:
    """Where it failed, without the value that stood there: that may be personal data."""
    text = str(problem)
    if isinstance(problem, msgspec.ValidationError):
        return text.split(" - at ")[-1] if " - at " in text else "value"
    return "not JSON"
