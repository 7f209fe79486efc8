"""A trace goes from a request's header into log lines and published events, and into no others."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from starlette.types import Receive, Scope, Send

from services.registration.writer.submissions import Events
from services.registration.writer.writer import Waiting, _OneTransaction
from shared import tracing
from shared.bus import bundles
from shared.bus.records import Outgoing, cloudevent_headers
from shared.traced_requests import Traced

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
OTHER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"


def event(number: int) -> Outgoing:
    return Outgoing("partners", str(number), "partner.listed", f"e-{number}", datetime(2026, 1, 1, tzinfo=UTC), b"{}")


async def seen(headers: list[tuple[bytes, bytes]]) -> str | None:
    found: list[str | None] = []

    async def app(_: Scope, __: Receive, ___: Send) -> None:
        found.append(tracing.current())

    nothing: Any = None
    await Traced(app)({"type": "http", "headers": headers}, nothing, nothing)
    assert tracing.current() is None
    return found[0]


async def test_a_request_is_answered_within_its_trace() -> None:
    assert await seen([(b"traceparent", TRACE.encode())]) == TRACE


@pytest.mark.parametrize(
    "text", ["", "00-0-0-0", TRACE.upper(), "ff" + TRACE[2:], TRACE + "-more", "00-" + "0" * 32 + TRACE[35:], "é"]
)
async def test_a_trace_that_cannot_be_one_is_none(text: str) -> None:
    assert await seen([(b"traceparent", text.encode())]) is None
    assert await seen([]) is None


def test_log_lines_say_their_trace() -> None:
    with tracing.within(TRACE):
        assert tracing.add_trace_id(None, "", {"event": "x"})["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert "trace_id" not in tracing.add_trace_id(None, "", {"event": "x"})


@pytest.mark.parametrize("count", [1, 3])
def test_events_of_a_trace_carry_it_alone_and_in_a_bundle(count: int) -> None:
    with tracing.within(TRACE):
        rows = bundles.to_rows(map(event, range(count)))
    rows += bundles.to_rows([event(9)])
    read = [each for *row, events in rows for _, each in bundles.to_events(1, Outgoing(*row), events)]
    headers = [dict(cloudevent_headers(each, "payung/test")).get("traceparent") for each in read]
    assert headers == [TRACE.encode()] * count + [None]


def test_a_transaction_holds_one_trace() -> None:
    future: Any = None

    def admitted(*traces: str | None) -> list[bool]:
        one = _OneTransaction()
        waiting: list[Waiting] = [(Events(str(uuid4()), (), []), future, trace) for trace in traces]
        for submission, *_ in waiting:
            submission.size = 1
        return [one.admits(each) for each in waiting]

    assert admitted(None, None) == [True, True]
    assert admitted(TRACE, TRACE, OTHER) == [True, True, False]
    assert admitted(None, TRACE) == [True, False]
