"""The types that the topics' modules share: topics, event types and the field's vocabulary."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

import msgspec

PROGRAMMES = ("JKK", "JKM", "JHT", "JP", "JKP")
"""BPJS Ketenagakerjaan's programmes in their statutory order (Perpres 109/2013)."""

Programme = Literal["JKK", "JKM", "JHT", "JP", "JKP"]
Segment = Literal["PU", "BPU"]
Kind = Literal["cooperative", "business", "individual"]
Scale = Literal["micro", "small", "medium", "large"]

Day = date
"""For structs with a field called `date`."""

DAY_MS = 24 * 60 * 60 * 1000


@dataclass(frozen=True)
class Topic:
    """A topic and its policy. `retention_ms` -1 keeps everything; compacted topics keep the newest per key.

    `whole_state`: a record replaces the earlier ones of its key; otherwise each is an act of its own. A batch may have
    `batch_bytes`, compressed as it is; None: as many as the broker allows.
    """

    name: str
    compacted: bool = False
    retention_ms: int = -1
    whole_state: bool = True
    batch_bytes: int | None = None


@dataclass(frozen=True)
class EventType:
    """One event type: its topic and the struct of its value (None: a tombstone)."""

    topic: str
    name: str
    value: Any


class Workers(msgspec.Struct, frozen=True):
    """Head counts by job level."""

    management: int = 0
    staff: int = 0
    labour: int = 0


def encode(value: msgspec.Struct) -> bytes:
    """The JSON bytes of a fact: field names as in the contract, dates and times in RFC 3339."""
    return msgspec.json.encode(value)


__all__ = [
    "DAY_MS",
    "PROGRAMMES",
    "Day",
    "EventType",
    "Kind",
    "Programme",
    "Scale",
    "Segment",
    "Topic",
    "Workers",
    "date",
    "datetime",
    "encode",
]
