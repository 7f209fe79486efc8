"""Spans of what happens to events on the bus: one for each trace that a batch holds. Free while none are recorded."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

from shared import tracing
from shared.bus.records import Outgoing, Record, header
from shared.tracing import Kind


@contextmanager
def publishing(events: Iterable[Outgoing]) -> Iterator[None]:
    """The events are published inside the block."""
    if not tracing.is_on():
        yield
        return
    counts = Counter((event.topic, event.traceparent) for event in events if event.traceparent is not None)
    with ExitStack() as spans:
        for (topic, traceparent), count in counts.items():
            spans.enter_context(_span("send", "producer", topic, traceparent, count))
        yield


@contextmanager
def applying(topic: str, records: Sequence[Record]) -> Iterator[None]:
    """The records take effect inside the block, which is within their trace if all have the same."""
    if not tracing.is_on():
        yield
        return
    counts = Counter(trace_of(record) for record in records)
    with ExitStack() as spans:
        for traceparent, count in counts.items():
            if traceparent is not None:
                spans.enter_context(_span("process", "consumer", topic, traceparent, count))
        spans.enter_context(tracing.within(tracing.current() if len(counts) == 1 else None))
        yield


def trace_of(record: Record) -> str | None:
    """The record's trace context; None: it has none, or one that is not valid."""
    return tracing.valid(header(record.headers, tracing.HEADER))


@contextmanager
def _span(verb: str, kind: Kind, topic: str, traceparent: str, count: int) -> Iterator[None]:
    with tracing.span(f"{verb} {topic}", kind, parent=traceparent) as span:
        span.attributes |= {
            "messaging.system": "kafka",
            "messaging.destination.name": topic,
            "messaging.batch.message_count": count,
        }
        yield
