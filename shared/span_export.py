"""Spans leave for a collector (OTLP over HTTP) where OpenTelemetry's own variables name one; else nothing is loaded.

`OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG` mean
what OpenTelemetry says. A collector that is away costs spans and nothing else.
"""

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from shared import tracing
from shared.release import release
from shared.tracing import Kind, Span

if TYPE_CHECKING:
    from opentelemetry.trace import Span as Recording
    from opentelemetry.trace import Tracer

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")

FLUSHED_WITHIN = 1.0
"""Seconds that the last spans are given when the service stops."""

ENDING = "last spans"

EXPORTED_WITHIN = 3.0
"""Seconds that a collector may take for one request."""


def is_wanted(environment: Mapping[str, str]) -> bool:
    """Whether these variables name a collector."""
    is_off = environment.get("OTEL_SDK_DISABLED", "").lower() == "true"
    return not is_off and any(environment.get(name) for name in ENDPOINTS)


@contextmanager
def exporting(service: str) -> Iterator[None]:
    """While the block lasts spans leave for the collector that the environment names, if it does."""
    if not is_wanted(os.environ):
        yield
        return
    # loaded only here: 17 MB and a quarter of a second
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    about = {"service.name": f"payung-{service}", "service.namespace": "payung", "service.version": release()}
    provider = TracerProvider(resource=Resource.create(about), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(timeout=EXPORTED_WITHIN)))
    tracing.record_with(_Recorder(provider.get_tracer("payung")))
    try:
        yield
    finally:
        tracing.record_with(None)
        # its own time-outs would outlast the end of the service
        ending = threading.Thread(target=provider.shutdown, name=ENDING, daemon=True)
        ending.start()
        ending.join(FLUSHED_WITHIN)


class _Recorder:
    def __init__(self, tracer: "Tracer") -> None:
        self._tracer = tracer

    def begin(self, name: str, kind: Kind, parent: str | None) -> "_Open | None":
        from opentelemetry.context import Context
        from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, TraceFlags, set_span_in_context

        context = Context()
        if parent is not None:
            trace_id, span_id, flags = (int(part, 16) for part in parent.split("-")[1:])
            remote = SpanContext(trace_id, span_id, is_remote=True, trace_flags=TraceFlags(flags))
            context = set_span_in_context(NonRecordingSpan(remote), context)
        recording = self._tracer.start_span(name, context, SpanKind[kind.upper()])
        return _Open(recording) if recording.is_recording() else None


class _Open:
    def __init__(self, recording: "Recording") -> None:
        self._recording = recording
        context = recording.get_span_context()
        self.traceparent = f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"

    def end(self, span: Span) -> None:
        from opentelemetry.trace import StatusCode

        self._recording.update_name(span.name)
        self._recording.set_attributes(span.attributes)
        if span.has_failed:
            self._recording.set_status(StatusCode.ERROR)
        self._recording.end()
