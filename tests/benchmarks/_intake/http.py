"""The smallest HTTP/1.1 client that keeps its connection: a benchmark's client must not take what it measures."""

import asyncio
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
ONE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"


class Connection:
    """One connection to a service as one agency."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: str) -> None:
        self._reader, self._writer, self._head = reader, writer, head

    @classmethod
    async def open(cls, url: str, key: str) -> "Connection":
        where = urlsplit(url)
        reader, writer = await asyncio.open_connection(where.hostname, where.port, limit=16 << 20)
        return cls(reader, writer, f"host: {where.netloc}\r\nauthorization: Bearer {key}\r\n")

    async def post(self, path: str, media_type: str, body: bytes) -> bytes:
        """The answer's body; raises RuntimeError for anything but 202."""
        head = f"POST {path} HTTP/1.1\r\n{self._head}content-type: {media_type}\r\ncontent-length: {len(body)}\r\n\r\n"
        self._writer.write(head.encode() + body)
        answered = await self._reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(answered)
        content = await self._reader.readexactly(int(length[1])) if length else b""
        if not answered.startswith(b"HTTP/1.1 202"):
            raise RuntimeError(f"{answered[:40]!r}: {content[:300]!r}")
        return content

    async def close(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()


async def connections(url: str, key: str, count: int) -> Sequence[Connection]:
    return [await Connection.open(url, key) for _ in range(count)]
