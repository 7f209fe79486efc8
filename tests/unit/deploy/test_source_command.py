"""source list and release ask the service as the administrator; a source that nobody has is one line."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from deploy.local import endpoints
from deploy.local.commands import source
from deploy.local.endpoints import Endpoints
from deploy.local.failure import Failure

HELD = [{"agency": "dinas", "source": "/dinas/app?x=1"}]


class Service(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._answer(200, json.dumps(HELD).encode())

    def do_DELETE(self) -> None:
        known = parse_qs(urlsplit(self.path).query) == {"source": [HELD[0]["source"]]}
        self._answer(204 if known else 404, b"")

    def _answer(self, status: int, body: bytes) -> None:
        is_admin = self.headers["authorization"] == "Bearer admin"
        self.send_response(status if is_admin else 403)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture(autouse=True)
def _stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with HTTPServer(("127.0.0.1", 0), Service) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        where = Endpoints(f"http://127.0.0.1:{server.server_port}", "", "", "", "", "admin")
        monkeypatch.setattr(endpoints, "load_endpoints", lambda _: where)
        yield
        server.shutdown()


def test_the_sources_are_listed_with_their_agencies(capsys: pytest.CaptureFixture[str]) -> None:
    source.list_()
    assert capsys.readouterr().out == "dinas\t/dinas/app?x=1\n"
    source.list_(as_json=True)
    assert json.loads(capsys.readouterr().out) == HELD


def test_a_source_is_released(capsys: pytest.CaptureFixture[str]) -> None:
    source.release("/dinas/app?x=1", Path("here"))
    assert capsys.readouterr().out == "/dinas/app?x=1 is free\n"
    with pytest.raises(Failure, match="nobody has the source /other"):
        source.release("/other", Path("here"))
