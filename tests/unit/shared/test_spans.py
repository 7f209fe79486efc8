"""Spans: from a request through the outbox and Kafka to its effects, one trace; none while nobody collects them."""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import ConsumerRecord
from starlette.types import Receive, Scope, Send

from shared import tracing
from shared.bus import bundles
from shared.bus.records import Outgoing, cloudevent_headers
from shared.bus.spans import applying, publishing
from shared.span_export import ENDING, exporting, is_wanted
from shared.traced_requests import Traced
from tests.otlp_collector import Collector, collecting

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACE = f"00-{TRACE_ID}-00f067aa0ba902b7-01"
UNSAMPLED = f"00-{TRACE_ID}-00f067aa0ba902b7-00"


def event(topic: str = "partners", traceparent: str | None = None) -> Outgoing:
    return Outgoing(topic, "k", "partner.listed", "e", datetime(2026, 1, 1, tzinfo=UTC), b"{}", traceparent)


def record(event: Outgoing) -> Any:
    headers = cloudevent_headers(event, "payung/test")
    return ConsumerRecord("partners", 0, 0, 0, 0, b"k", b"{}", None, 1, 1, headers)


async def request(path: str = "/v1/events/17", traceparent: str | None = TRACE, status: int = 200) -> list[Outgoing]:
    """The events that a request adds to the outbox, as the relay reads them."""
    found: list[Outgoing] = []

    async def app(scope: Scope, _: Receive, send: Send) -> None:
        scope["route"] = SimpleNamespace(path="/v1/events/{event}")
        with tracing.span("accept"):
            for *row, count in bundles.to_rows([event(), event()]):
                found.extend(each for _, each in bundles.to_events(1, Outgoing(*row), count))
        await send({"type": "http.response.start", "status": status})

    async def send(_: Any) -> None:
        pass

    headers = [] if traceparent is None else [(b"traceparent", traceparent.encode())]
    nothing: Any = None
    await Traced(app)({"type": "http", "method": "POST", "path": path, "headers": headers}, nothing, send)
    return found


@contextmanager
def collected() -> Iterator[Collector]:
    """What was recorded inside the block has arrived after it."""
    with collecting() as collector, exporting("test"):
        yield collector


async def test_a_trace_goes_from_the_request_to_the_effects() -> None:
    with collected() as collector:
        events = await request()
        with publishing(events):
            pass
        with applying("partners", [record(each) for each in events]):
            assert (tracing.current() or "")[3:35] == TRACE_ID
    spans = {each.name: each for each in collector.spans}
    assert collector.of(TRACE_ID) == {
        ("payung-test", name) for name in ("POST /v1/events/{event}", "accept", "send partners", "process partners")
    }
    assert spans["POST /v1/events/{event}"].parent_id == TRACE[36:52]
    assert spans["accept"].parent_id == spans["POST /v1/events/{event}"].span_id
    assert {spans[f"{verb} partners"].parent_id for verb in ("send", "process")} == {spans["accept"].span_id}
    assert spans["process partners"].attributes["messaging.batch.message_count"] == 2
    assert "17" not in json.dumps([each.attributes for each in collector.spans])


async def test_a_request_without_a_trace_begins_one_unless_it_only_asks_for_health() -> None:
    with collected() as collector:
        assert {each.traceparent for each in await request(path="/readyz", traceparent=None)} == {None}
        (begun,) = {each.traceparent for each in await request(traceparent=None, status=503)}
    assert begun is not None
    assert {each.trace_id for each in collector.spans} == {begun[3:35]}
    assert {each.name: each.has_failed for each in collector.spans}["POST /v1/events/{event}"]


async def test_who_does_not_sample_a_trace_finds_it_unchanged_and_no_spans() -> None:
    with collected() as collector:
        assert {each.traceparent for each in await request(traceparent=UNSAMPLED)} == {UNSAMPLED}
        with tracing.span("of no trace"):
            assert tracing.current() is None
    assert collector.spans == []


async def test_a_batch_of_several_traces_is_a_span_in_each_and_its_effects_are_of_none() -> None:
    other = TRACE.replace("4b", "4c", 1)
    with collected() as collector:
        records = [record(event(traceparent=trace)) for trace in (TRACE, None, other, TRACE)]
        with suppress(ZeroDivisionError), applying("partners", records):
            assert tracing.current() is None
            raise ZeroDivisionError
    counts = {each.trace_id: each.attributes["messaging.batch.message_count"] for each in collector.spans}
    assert counts == {TRACE_ID: 2, other[3:35]: 1}
    assert all(each.has_failed for each in collector.spans)


def test_an_event_keeps_a_trace_of_its_own_among_others() -> None:
    rows = bundles.to_rows([event(traceparent=TRACE), event(), event("outreach", UNSAMPLED)])
    read = [each for *row, count in rows for _, each in bundles.to_events(1, Outgoing(*row), count)]
    assert [each.traceparent for each in read] == [TRACE, None, UNSAMPLED]


def test_without_a_collector_nothing_is_recorded_nor_loaded() -> None:
    assert not is_wanted({})
    assert not is_wanted({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_SDK_DISABLED": "true"})
    script = (
        "import sys, shared.span_export as export\nwith export.exporting('x'): print('opentelemetry' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


async def test_a_collector_that_never_answers_holds_up_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
        with exporting("test"):
            await request()
        assert [each for each in threading.enumerate() if each.name == ENDING], "it was not waited for"
