"""A stand-in for a collector of traces: it takes OTLP over HTTP and keeps the spans."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from gzip import decompress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class Kept:
    """A span as it arrived; ids in hexadecimal digits."""

    service: str
    name: str
    trace_id: str
    span_id: str
    parent_id: str
    attributes: dict[str, Any]
    has_failed: bool


@dataclass
class Collector:
    url: str = ""
    spans: list[Kept] = field(default_factory=list)

    def of(self, trace_id: str) -> set[tuple[str, str]]:
        """(service, span's name) of a trace."""
        return {(each.service, each.name) for each in self.spans if each.trace_id == trace_id}

    def take(self, body: bytes) -> None:
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            (service,) = [
                each.value.string_value for each in resource.resource.attributes if each.key == "service.name"
            ]
            for scope in resource.scope_spans:
                self.spans += [_kept(service, span) for span in scope.spans]


def _kept(service: str, span: Any) -> Kept:
    attributes = {each.key: each.value.string_value or each.value.int_value for each in span.attributes}
    ids = (span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex())
    return Kept(service, span.name, *ids, attributes, span.status.code == span.status.STATUS_CODE_ERROR)


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector that listens, to which whatever starts inside the block exports its spans."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            collector.take(decompress(body) if self.headers.get("content-encoding") == "gzip" else body)
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    collector.url = f"http://127.0.0.1:{server.server_address[1]}"
    listening = Thread(target=server.serve_forever, daemon=True)
    listening.start()
    try:
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
            environment.setenv("OTEL_BSP_SCHEDULE_DELAY", "200")
            yield collector
    finally:
        server.shutdown()
        server.server_close()
        listening.join()
