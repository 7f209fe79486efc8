"""uvicorn's server, which looks ten times a second whether it is to stop: ours waits until somebody says so."""

import asyncio
from contextlib import suppress
from types import FrameType
from typing import Any

import uvicorn

TICK_SECONDS = 1.0
"""After so long the `Date` of answers is set anew."""
TICKS_OF_UVICORN = 10
"""So many of its own, of a tenth of a second, pass in one of ours."""


class Server(uvicorn.Server):
    """Stops at once when a signal arrives or `leave` is called."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._leaving = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def leave(self) -> None:
        self.should_exit = True
        self._leaving.set()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._leaving.set)

    async def main_loop(self, *_: Any) -> None:
        self._loop, ticks = asyncio.get_running_loop(), 0
        while not await self.on_tick(ticks):
            ticks += TICKS_OF_UVICORN
            with suppress(TimeoutError):
                await asyncio.wait_for(self._leaving.wait(), TICK_SECONDS)
