"""Connections that lead through us, so that they can be cut, fall silent, or lose every answer."""

import asyncio
import threading
from contextlib import suppress
from typing import Any, Literal

State = Literal["open", "cut", "silence", "deaf"]
"""`cut`: connections are reset, new ones too. `silence`: nothing passes until the link is open again, as after a
cable was pulled and put back. `deaf`: what is asked arrives, no answer does; the connections are reset at the end."""


class Link:
    """A port of ours behind which `target` answers."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = 0
        self._state: State = "open"
        self._passes = asyncio.Event()
        self._passes.set()
        self._writers: set[asyncio.StreamWriter] = set()

    async def listen(self) -> None:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def close(self) -> None:
        self._server.close()

    async def become(self, state: State) -> None:
        if state == "cut" or self._state == "deaf":
            for writer in self._writers:
                writer.transport.abort()
        self._state = state
        if state == "silence":
            self._passes.clear()
        else:
            self._passes.set()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            if self._state == "cut":
                return
            answers, asks = await asyncio.open_connection("127.0.0.1", self.target)
            self._writers.add(asks)
            try:
                ways = [asyncio.create_task(way) for way in (self._ask(reader, asks), self._answer(answers, writer))]
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
            finally:
                self._end(asks)
        except OSError:  # the part behind it is away
            writer.transport.abort()
        finally:
            self._end(writer)

    def _end(self, writer: asyncio.StreamWriter) -> None:
        self._writers.discard(writer)
        writer.close()

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(1 << 16):
                await self._passes.wait()
                writer.write(data)
                await writer.drain()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(1 << 16):
                await self._passes.wait()
                if self._state != "deaf":
                    writer.write(data)
                    await writer.drain()


class Network:
    """Links with names. They work in a thread of their own, since a test also asks services without awaiting."""

    def __init__(self) -> None:
        self._links: dict[str, Link] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def lead(self, name: str, target: int) -> int:
        """The port that leads to this one from now on."""

        async def made() -> Link:
            link = Link(target)
            await link.listen()
            return link

        link = self._links[name] = self._do(made())
        return link.port

    def become(self, name: str, state: State) -> None:
        self._do(self._links[name].become(state))

    def close(self) -> None:
        async def end() -> None:
            for link in self._links.values():
                link.close()
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        self._do(end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)
