"""The W3C trace context of what is being done: from a request's `traceparent` into the log lines, the outbox and Kafka.

Whoever sends a `traceparent` finds it again, unchanged, on every record that follows from the request. We export no
spans of our own.
"""

import re
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

HEADER: Final = "traceparent"
_VALID: Final = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_current: ContextVar[str | None] = ContextVar("traceparent", default=None)


def valid(text: str) -> str | None:
    """The text if it is a trace context of version 00, else None: it is then as if there were none."""
    return text if _VALID.fullmatch(text) else None


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


def add_trace_id(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A processor of log lines: those of a trace say which."""
    traceparent = _current.get()
    if traceparent is not None:
        event["trace_id"] = traceparent[3:35]
    return event
