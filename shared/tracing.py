"""Traces: from a request's `traceparent` (W3C) into the log lines, the outbox, Kafka and the messages that follow.

Spans are recorded while they are exported (`span_export.py`). Without that this module only carries what a sender
names: it finds its `traceparent` again, unchanged, on every record that follows from its request.
"""

import re
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Protocol

HEADER: Final = "traceparent"
_VALID: Final = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_current: ContextVar[str | None] = ContextVar("traceparent", default=None)

Kind = Literal["internal", "server", "client", "producer", "consumer"]


@dataclass
class Span:
    """What is known of a span when it ends; its attributes hold no ids and nothing personal."""

    name: str
    attributes: dict[str, str | int] = field(default_factory=dict)
    has_failed: bool = False


class Open(Protocol):
    """A span that has begun."""

    traceparent: str
    """What follows from it carries this."""

    def end(self, span: Span) -> None: ...


class Recorder(Protocol):
    """Where spans go."""

    def begin(self, name: str, kind: Kind, parent: str | None) -> Open | None:
        """None: this trace is not sampled."""


_recorder: Recorder | None = None


def record_with(recorder: Recorder | None) -> None:
    """From now on spans go there; None: they are not recorded."""
    global _recorder
    _recorder = recorder


def is_on() -> bool:
    """Whether spans are recorded: what only serves them is left out otherwise."""
    return _recorder is not None


def valid(text: str) -> str | None:
    """The text if it is a trace context of version 00, else None: it is then as if there were none."""
    return text if _VALID.fullmatch(text) else None


def is_sampled(traceparent: str) -> bool:
    """Whether who began this valid trace records it."""
    return bool(int(traceparent[-2:], 16) & 1)


def current() -> str | None:
    """The trace context of what is being done; None: it is not traced."""
    return _current.get()


@contextmanager
def within(traceparent: str | None) -> Iterator[None]:
    """What is done inside the block belongs to this trace, or to none."""
    token = _current.set(traceparent)
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def span(
    name: str, kind: Kind = "internal", *, parent: str | None = None, may_begin: bool = False, **attributes: str | int
) -> Iterator[Span]:
    """What is done inside the block is a span of the trace of `parent`, else of the current one; `may_begin`: else of
    a new one. The names of attributes have `__` for a dot; more can be noted on what the block gets."""
    parent = parent or _current.get()
    noted = Span(name, {key.replace("__", "."): value for key, value in attributes.items()})
    begun = _recorder.begin(name, kind, parent) if _recorder is not None and (parent or may_begin) else None
    with within(begun.traceparent if begun is not None else parent):
        try:
            yield noted
        except BaseException:
            noted.has_failed = True
            raise
        finally:
            if begun is not None:
                begun.end(noted)


def add_trace_id(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A processor of log lines: those of a trace say which."""
    traceparent = _current.get()
    if traceparent is not None:
        event["trace_id"] = traceparent[3:35]
    return event
