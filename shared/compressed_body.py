"""Request bodies in gzip or zstd, unfolded step by step: never more than a step in memory, never beyond the limit."""

import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Final, Protocol

from backports import zstd
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.body_limit import limit_of, too_large
from shared.problems import problem_response

STEP_BYTES = 256 << 10
WINDOW_LOG = 23
"""zstd may look back 8 MiB, the least that every decoder has to support (RFC 9659)."""

BROKEN = (zlib.error, zstd.ZstdError)


class Decoder(Protocol):
    def feed(self, data: bytes) -> Iterator[bytes]:
        """What these bytes unfold to, in parts of at most STEP_BYTES. Raises one of BROKEN."""

    @property
    def is_complete(self) -> bool:
        """Whether the bytes so far are whole: nothing is missing at the end."""


class Gzip:
    """RFC 1952: one member after another."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(zlib.MAX_WBITS | 16)

    def feed(self, data: bytes) -> Iterator[bytes]:
        while True:
            if self._member.eof and data:
                self._member = zlib.decompressobj(zlib.MAX_WBITS | 16)
            part = self._member.decompress(data, STEP_BYTES)
            if part:
                yield part
            data = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
            if not data and len(part) < STEP_BYTES:
                return

    @property
    def is_complete(self) -> bool:
        return self._member.eof


class Zstd:
    """RFC 8878: one frame after another."""

    def __init__(self) -> None:
        self._frame = _frame()

    def feed(self, data: bytes) -> Iterator[bytes]:
        while True:
            if self._frame.eof:
                if not data:
                    return
                self._frame = _frame()
            part = self._frame.decompress(data, STEP_BYTES)
            if part:
                yield part
            data = self._frame.unused_data if self._frame.eof else b""
            if not data and (self._frame.eof or self._frame.needs_input):
                return

    @property
    def is_complete(self) -> bool:
        return self._frame.eof


def _frame() -> zstd.ZstdDecompressor:
    return zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: WINDOW_LOG})


DECODERS: Final[Mapping[str, Callable[[], Decoder]]] = {"gzip": Gzip, "x-gzip": Gzip, "zstd": Zstd}


class CompressedBody:
    """ASGI middleware: routes read the body as it was before it was compressed, within the limit of its path.

    400 answers what is not what it claims to be, 413 what unfolds to too much, 415 any other encoding.
    """

    def __init__(self, app: ASGIApp, by_path: Mapping[str, int]) -> None:
        self._app = app
        self._by_path = by_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        encoding = Headers(scope=scope).get("content-encoding", "").strip().lower() if scope["type"] == "http" else ""
        if encoding in ("", "identity"):
            await self._app(scope, receive, send)
        elif encoding not in DECODERS:
            detail = "Send the body with Content-Encoding gzip or zstd, or without."
            headers = {"Accept-Encoding": "gzip, zstd", "Connection": "close"}
            await problem_response(415, "unsupported_media_type", detail, headers=headers)(scope, receive, send)
        else:
            unfolded = _Unfolded(receive, DECODERS[encoding](), limit_of(self._by_path, scope), encoding)
            kept = [(name, value) for name, value in scope["headers"] if name not in _OF_THE_COMPRESSED]
            await self._app({**scope, "headers": kept}, unfolded, send)


_OF_THE_COMPRESSED = (b"content-encoding", b"content-length")


class _Unfolded:
    """An ASGI `receive` that gives the unfolded body."""

    def __init__(self, receive: Receive, decoder: Decoder, limit: int, encoding: str) -> None:
        self._receive = receive
        self._decoder = decoder
        self._limit = limit
        self._encoding = encoding
        self._parts: Iterator[bytes] = iter(())
        self._given = 0
        self._is_last = self._is_done = False

    async def __call__(self) -> Message:
        while not self._is_done:
            part = self._next_part()
            if part is not None:
                return {"type": "http.request", "body": part, "more_body": True}
            if self._is_last:
                self._is_done = True
                if not self._decoder.is_complete:
                    raise self._broken()
                return {"type": "http.request", "body": b"", "more_body": False}
            message = await self._receive()
            if message["type"] != "http.request":
                return message
            self._is_last = not message.get("more_body", False)
            self._parts = self._decoder.feed(message.get("body", b""))
        return await self._receive()

    def _next_part(self) -> bytes | None:
        try:
            part = next(self._parts, None)
        except BROKEN:
            raise self._broken() from None
        self._given += len(part or b"")
        if self._given > self._limit:
            raise too_large(self._limit)
        return part

    def _broken(self) -> HTTPException:
        return HTTPException(400, f"The body is not whole, valid {self._encoding}: compress it again.")
