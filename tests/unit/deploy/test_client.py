"""What the command line says to a service: past any proxy, and a refusal in one line."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from deploy.local.client import Client
from deploy.local.failure import Failure


class Service(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/here" else 404)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def address() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Service) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_the_proxy_of_an_office_is_not_asked(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with Client(address, "pyk_1") as client:
        assert client.call("GET", "/here").status_code == 200


def test_what_is_missing_is_said_in_the_words_of_the_command(address: str) -> None:
    with Client(address, "pyk_1") as client, pytest.raises(Failure, match="no such agency"):
        client.call("GET", "/nowhere", missing="no such agency")
    with Client("http://127.0.0.1:9", "pyk_1") as client, pytest.raises(Failure, match="does not answer: ConnectError"):
        client.call("GET", "/here")
