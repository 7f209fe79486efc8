"""Events as rows of the outbox: many of one topic that are committed together are a few rows, each a bundle of them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from shared import tracing
from shared.bus.records import Outgoing

COLUMNS: Final = ("topic", "key", "type", "event_id", "time", "value", "traceparent", "events")

MOST_EVENTS: Final = 1_024
"""Events of a bundle: so many numbers are left free between two rows of the outbox."""

MOST_BYTES: Final = 524_288
"""Bytes of the values of a bundle, the last one aside."""

ALONE: Final = frozenset(("access", "reference"))
"""Topics whose events are a row each: keys have a lane of their own, and statements are searched for texts."""

_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(list[Outgoing])


def to_rows(events: Iterable[Outgoing]) -> list[tuple[Any, ...]]:
    """The events as rows of COLUMNS; those of a topic keep their order. One without a trace
    of its own follows from the current one."""
    by_topic: dict[str, list[Outgoing]] = {}
    for event in events:
        by_topic.setdefault(event.topic, []).append(event)
    return [
        _row(bundle)
        for topic, own in by_topic.items()
        for bundle in ([[e] for e in own] if topic in ALONE else _cut(own))
    ]


def to_events(number: int, event: Outgoing, count: int) -> list[tuple[int, Outgoing]]:
    """The events of a row, given as the event that it would be by itself, with their numbers."""
    if count == 1:
        return [(number, event)]
    events = _DECODER.decode(event.value or b"")
    if event.traceparent is not None:
        events = [replace(each, traceparent=each.traceparent or event.traceparent) for each in events]
    return list(enumerate(events, number))


def _cut(events: Sequence[Outgoing]) -> Iterator[Sequence[Outgoing]]:
    """The events in bundles."""
    begin = size = 0
    for at, event in enumerate(events):
        if at - begin == MOST_EVENTS or size >= MOST_BYTES:
            yield events[begin:at]
            begin, size = at, 0
        size += len(event.value or b"")
    yield events[begin:]


def _row(bundle: Sequence[Outgoing]) -> tuple[Any, ...]:
    first = bundle[0]
    if len(bundle) == 1:
        trace = first.traceparent or tracing.current()
        return (first.topic, first.key, first.type, first.id, first.time, first.value, trace, 1)
    return (first.topic, None, "", "", first.time, _ENCODER.encode(bundle), tracing.current(), len(bundle))
