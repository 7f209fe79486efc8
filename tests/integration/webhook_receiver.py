"""An agency's own system that takes webhooks, and answers as it is asked to."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Delivery:
    """A request as it came; `changes` of its body."""

    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def changes(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.body)["data"]["changes"]
        return found


@dataclass
class Receiver:
    """`head`: the first line and headers that it answers; `hangs`: it answers nothing until told otherwise."""

    port: int = 0
    head: str = "204 No Content"
    received: list[Delivery] = field(default_factory=list)
    goes_on: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def changes(self) -> list[dict[str, Any]]:
        """All changes that came, in their order."""
        return [change for delivery in self.received for change in delivery.changes]

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:] if line)}
        self.received.append(Delivery(headers, await reader.readexactly(int(headers["content-length"]))))
        await self.goes_on.wait()
        writer.write(f"HTTP/1.1 {self.head}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())
        writer.close()


@asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    made.goes_on.set()
    server = await asyncio.start_server(made.take, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        made.goes_on.set()
        server.close()
