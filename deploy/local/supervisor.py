"""Keeps the parts of a stack running: starts them in order, starts anew what dies, stops them in the other order."""

import asyncio
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deploy.local import process
from deploy.local.failure import Failure
from deploy.local.parts import Part

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
STEADY_AFTER = 60.0
"""A part that ran this many seconds begins again with the shortest pause."""

TRIES = 4
"""How often a part may end before it was ready for the first time."""

DEAF_FOR = 60.0
"""Seconds without being alive after which a part that still runs is started anew."""

ASK_EVERY = 5.0
LOG_LIMIT = 20_000_000
POLL = 0.1


@dataclass
class Kept:
    """One part while it is supervised."""

    part: Part
    log: Path
    child: "subprocess.Popen[bytes] | None" = None
    state: str = "waiting"
    restarts: int = 0
    since: float = field(default_factory=time.time)
    last_end: str | None = None
    ready: asyncio.Event = field(default_factory=asyncio.Event)

    def told(self) -> dict[str, Any]:
        pid = self.child.pid if self.child and self.child.poll() is None else None
        told = {"name": self.part.name, "state": self.state, "pid": pid, "address": self.part.address}
        return {**told, "restarts": self.restarts, "since": self.since, "last_end": self.last_end}


class Supervisor:
    """`say` gets one line for the user, `changed` is called whenever a part's state did."""

    def __init__(
        self,
        stages: list[list[Part]],
        logs: Path,
        mark: str,
        say: Callable[[str], None],
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._stages = [[Kept(part, logs / f"{part.name}.log") for part in stage] for stage in stages]
        self._mark, self._say, self._changed = mark, say, changed
        self._tasks: list[asyncio.Task[None]] = []
        self._failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def kept(self) -> list[Kept]:
        return [kept for stage in self._stages for kept in stage]

    async def start(self, within: float = 90) -> None:
        """Start stage after stage; a Failure names the part that did not become ready and its log."""
        self._spawn_task(self._limit_logs())
        for stage in self._stages:
            await asyncio.gather(*(asyncio.to_thread(kept.part.prepare) for kept in stage))
            for kept in stage:
                self._spawn_task(self._keep(kept))
            await asyncio.gather(*(self._first_ready(kept, within) for kept in stage))

    def _spawn_task(self, work: Any) -> None:
        task = asyncio.create_task(work)
        task.add_done_callback(self._note_failure)
        self._tasks.append(task)

    def _note_failure(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (problem := task.exception()) and not self._failed.done():
            self._failed.set_exception(problem)

    async def _first_ready(self, kept: Kept, within: float) -> None:
        began, ready = time.monotonic(), asyncio.create_task(kept.ready.wait())
        both: list[asyncio.Future[Any]] = [ready, self._failed]
        await asyncio.wait(both, timeout=within, return_when=asyncio.FIRST_COMPLETED)
        if self._failed.done():
            self._failed.result()
        if not ready.done():
            ready.cancel()
            raise Failure(f"{kept.part.name} was not ready within {within:.0f} s: see {kept.log}")
        await kept.part.once_ready()
        self._say(f"{kept.part.name} ready on {kept.part.address} ({time.monotonic() - began:.1f} s)")

    async def failure(self) -> None:
        """Returns never; raises when supervising itself fails."""
        await asyncio.shield(self._failed)

    async def _keep(self, kept: Kept) -> None:
        pause = FIRST_PAUSE
        while True:
            began = time.monotonic()
            kept.child = process.spawn(kept.part.command(), kept.log, self._mark)
            self._now(kept, "starting")
            watching = asyncio.create_task(self._watch(kept))
            try:
                await _ended(kept.child)
            finally:
                watching.cancel()
            pause = FIRST_PAUSE if time.monotonic() - began > STEADY_AFTER else pause
            kept.last_end = _how(kept.child.returncode)
            if not kept.ready.is_set() and kept.restarts + 1 >= TRIES:
                raise Failure(f"{kept.part.name} {kept.last_end} {TRIES} times before it was ready: see {kept.log}")
            self._say(f"{kept.part.name} {kept.last_end}; started again in {pause:g} s (log: {kept.log})")
            self._now(kept, "restarting")
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
            kept.restarts += 1

    async def _watch(self, kept: Kept) -> None:
        while not await kept.part.ready():  # noqa: ASYNC110 - another process, which sets no Event
            await asyncio.sleep(POLL)
        self._now(kept, "running")
        if kept.restarts:
            self._say(f"{kept.part.name} is ready again")
        kept.ready.set()
        if kept.part.alive:
            await self._until_deaf(kept.part.alive)
            self._say(f"{kept.part.name} made no progress for {DEAF_FOR:g} s")
            assert kept.child is not None
            await asyncio.to_thread(process.stop, kept.child, signal.SIGTERM, kept.part.stops_within)

    async def _until_deaf(self, alive: Callable[[], Any]) -> None:
        heard = time.monotonic()
        while time.monotonic() - heard < DEAF_FOR:
            await asyncio.sleep(ASK_EVERY)
            if await alive():
                heard = time.monotonic()

    def _now(self, kept: Kept, state: str) -> None:
        kept.state, kept.since = state, time.time()
        self._changed()

    async def stop(self) -> None:
        """Stop the parts, the last started first; those that do not end in time are killed and named."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for stage in reversed(self._stages):
            await asyncio.gather(*(self._stop(kept) for kept in stage if kept.child))

    async def _stop(self, kept: Kept) -> None:
        assert kept.child is not None
        self._now(kept, "stopping")
        how, within = kept.part.command().stop_signal, kept.part.stops_within
        if not await asyncio.to_thread(process.stop, kept.child, how, within):
            self._say(f"{kept.part.name} did not stop within {within:g} s and was killed")
        self._now(kept, "stopped")

    async def _limit_logs(self) -> None:
        while True:
            for kept in self.kept:
                process.limit_log(kept.log, LOG_LIMIT)
            await asyncio.sleep(5)


async def _ended(child: "subprocess.Popen[bytes]") -> None:
    while child.poll() is None:  # noqa: ASYNC110
        await asyncio.sleep(POLL)


def _how(code: int) -> str:
    if code < 0:
        return f"was killed by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"
