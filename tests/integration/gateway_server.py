"""A stand-in for an HTTP gateway of WhatsApp and SMS that fails in all ways when it is told to."""

import asyncio
import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

Answer = tuple[int, dict[str, str], bytes] | str
"""Status, headers and body; or `drop` (takes the message and closes), `hang` (takes it and says nothing)."""

ACCEPTED: Answer = (202, {}, b'{"status": "accepted"}')


@dataclass
class GatewayServer:
    """`answers` are used up in order, by path; then everything is accepted. `received`: bodies by path."""

    answers: dict[str, list[Answer]] = field(default_factory=lambda: defaultdict(list))
    received: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    port: int = 0
    _server: asyncio.Server | None = None

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}/{path}"

    def sent(self, channel: str) -> list[str]:
        """The numbers that were written to through this channel, as often as they were."""
        return [body["to"] for body in self.received if body["channel"] == channel]

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                path = line.split()[1].decode().strip("/")
                await self._answer(path, reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, path: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = {}
        while (line := (await reader.readline()).decode().strip()) != "":
            name, _, value = line.partition(":")
            head[name.lower()] = value.strip()
        self.headers.append(head)
        self.paths.append(path)
        self.received.append(json.loads(await reader.readexactly(int(head["content-length"]))))
        answer = self.answers[path].pop(0) if self.answers[path] else ACCEPTED
        if answer == "hang":
            await reader.read()
        if isinstance(answer, str):
            raise ConnectionError(answer)
        status, headers, body = answer
        lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *(f"{k}: {v}" for k, v in headers.items())]
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        await writer.drain()
