"""An HTTP connection with the limits that uvicorn lacks: how large a head may be, and how slowly a client may send."""

import asyncio
import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from shared.problems import MEDIA_TYPE, AnyCode, problem_body


class LimitedConnection(HttpToolsProtocol):
    """Refuses a head above `max_head_bytes` with 431 and closes a connection whose client is too slow.

    The head (request line and headers) has `head_seconds` from the first byte, or from connecting. A body has
    `body_seconds` of grace and must then arrive at `body_bytes_per_second` on average; time in which we do not read is
    not the client's. Between two requests uvicorn's keep-alive time-out holds.
    """

    max_head_bytes: ClassVar[int] = 32 << 10
    head_seconds: ClassVar[float] = 10.0
    body_seconds: ClassVar[float] = 30.0
    body_bytes_per_second: ClassVar[float] = 1024.0
    check_seconds: ClassVar[float] = 5.0

    _timer: asyncio.TimerHandle | None = None
    _reading_head = True
    _refused = False
    _head_bytes = 0
    """Received while the head is not complete; `_head_size` is what was parsed of it."""
    _head_size = 0
    _body_bytes = 0
    _body_since = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait(self.head_seconds, self._close)

    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        if self._reading_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._reading_head and self._head_bytes > self.max_head_bytes:
            self._refuse()

    def on_message_begin(self) -> None:
        self._reading_head, self._head_size = True, 0
        self._wait(self.head_seconds, self._close)
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._head_size += len(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._head_size += len(name) + len(value) + 4
        if self._head_size <= self.max_head_bytes:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._reading_head, self._head_bytes = False, 0
        if self._head_size > self.max_head_bytes:
            self._refuse()
            return
        self._body_bytes, self._body_since = 0, self.loop.time()
        self._wait(self.body_seconds, self._check_body)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if not self._refused:
            self._body_bytes += len(body)
            super().on_body(body)

    def on_message_complete(self) -> None:
        if not self._refused:
            self._cancel()
            super().on_message_complete()

    def _check_body(self) -> None:
        if self.flow.read_paused:
            self._body_since += self.check_seconds
        elif self._body_bytes < (self.loop.time() - self._body_since - self.body_seconds) * self.body_bytes_per_second:
            self._close()
            return
        self._wait(self.check_seconds, self._check_body)

    def _refuse(self) -> None:
        """Answer 431 without letting anybody see the request."""
        self._refused = True
        limit = f"The request line and headers have at most {self.max_head_bytes >> 10} KiB together."
        self._answer(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "too_large", limit, field="headers")

    def send_400_response(self, msg: str) -> None:
        """uvicorn's answer to what is no HTTP, as a problem."""
        self._refused = True
        self._answer(HTTPStatus.BAD_REQUEST, "malformed", "This is no valid HTTP request.")

    def _answer(self, status: HTTPStatus, code: AnyCode, detail: str, **extra: str) -> None:
        body = json.dumps(problem_body(status, code, detail, **extra)).encode()
        head = f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: {MEDIA_TYPE}\r\ncontent-length: {len(body)}"
        self.transport.write(f"{head}\r\nconnection: close\r\n\r\n".encode() + body)
        self._close()

    def _close(self) -> None:
        self._cancel()
        if not self.transport.is_closing():
            self.transport.close()

    def _wait(self, seconds: float, then: Callable[[], Any]) -> None:
        self._cancel()
        self._timer = self.loop.call_later(seconds, then)

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
