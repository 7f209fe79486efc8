"""Keeps the parts of a stack running: starts them in order, restarts those that end, stops them in reverse order."""

import asyncio
import shutil
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
"""A part that ran this many seconds gets the shortest pause again."""

ATTEMPTS = 4
"""How often a part may end before it is ready for the first time."""

UNRESPONSIVE_AFTER = 60.0
"""Seconds without a good answer to `alive` after which a part that still runs is restarted."""

ROOM = 32 << 20
"""Bytes free on the disk below which a part that ended is not started again: it would end again (PostgreSQL writes 16
MB at once), and wait longer each time."""
DISK_FULL = "disk full"
"""State of a part that waits for room."""

CHECK_EVERY = 5.0
LOG_LIMIT = 20_000_000
POLL = 0.1


@dataclass
class PartProcess:
    """One part and its child process."""

    part: Part
    log: Path
    child: "subprocess.Popen[bytes] | None" = None
    state: str = "waiting"
    restarts: int = 0
    since: float = field(default_factory=time.time)
    last_end: str | None = None
    ready: asyncio.Event = field(default_factory=asyncio.Event)

    def as_json(self) -> dict[str, Any]:
        pid = self.child.pid if self.child and self.child.poll() is None else None
        part = {"name": self.part.name, "state": self.state, "pid": pid, "address": self.part.address}
        return {**part, "restarts": self.restarts, "since": self.since, "last_end": self.last_end}


class Supervisor:
    """`report` gets one line for the user at a time; `on_change` is called whenever the state of a part changes."""

    def __init__(
        self,
        stages: list[list[Part]],
        logs: Path,
        mark: str,
        report: Callable[[str], None],
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self._stages = [[PartProcess(part, logs / f"{part.name}.log") for part in stage] for stage in stages]
        self._logs, self._mark, self._report, self._on_change = logs, mark, report, on_change
        self._tasks: list[asyncio.Task[None]] = []
        self._failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def parts(self) -> list[PartProcess]:
        return [running for stage in self._stages for running in stage]

    async def start(self) -> None:
        """Start stage after stage; a Failure names the part that did not become ready and its log."""
        self._spawn_task(self._limit_logs())
        for stage in self._stages:
            await asyncio.gather(*(asyncio.to_thread(running.part.prepare) for running in stage))
            for running in stage:
                self._spawn_task(self._run(running))
            await asyncio.gather(*(self._first_ready(running) for running in stage))

    def _spawn_task(self, work: Any) -> None:
        task = asyncio.create_task(work)
        task.add_done_callback(self._note_failure)
        self._tasks.append(task)

    def _note_failure(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (problem := task.exception()) and not self._failed.done():
            self._failed.set_exception(problem)

    async def _first_ready(self, running: PartProcess) -> None:
        within = running.part.starts_within
        began, ready = time.monotonic(), asyncio.create_task(running.ready.wait())
        both: list[asyncio.Future[Any]] = [ready, self._failed]
        await asyncio.wait(both, timeout=within, return_when=asyncio.FIRST_COMPLETED)
        if self._failed.done():
            self._failed.result()
        if not ready.done():
            ready.cancel()
            raise Failure(f"{running.part.name} was not ready within {within:.0f} s: see {running.log}")
        await running.part.once_ready()
        self._report(f"{running.part.name} ready on {running.part.address} ({time.monotonic() - began:.1f} s)")

    async def failure(self) -> None:
        """Never returns; raises when the supervision itself fails."""
        await asyncio.shield(self._failed)

    async def _run(self, running: PartProcess) -> None:
        pause = FIRST_PAUSE
        while True:
            began = time.monotonic()
            running.child = process.spawn(running.part.command(), running.log, self._mark)
            self._enter(running, "starting")
            watching = asyncio.create_task(self._watch(running))
            try:
                await _ended(running.child)
            finally:
                watching.cancel()
            pause = FIRST_PAUSE if time.monotonic() - began > STEADY_AFTER else pause
            running.last_end = _describe_end(running.child.returncode)
            if running.ready.is_set() and not self._has_room():
                await self._until_there_is_room(running)
                pause = FIRST_PAUSE
            if not running.ready.is_set() and running.restarts + 1 >= ATTEMPTS:
                raise Failure(
                    f"{running.part.name} {running.last_end} {ATTEMPTS} times before it was ready: see {running.log}"
                )
            self._report(f"{running.part.name} {running.last_end}; started again in {pause:g} s (log: {running.log})")
            self._enter(running, "restarting")
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
            running.restarts += 1

    def _has_room(self) -> bool:
        return shutil.disk_usage(self._logs).free >= ROOM

    async def _until_there_is_room(self, running: PartProcess) -> None:
        self._report(
            f"{running.part.name} {running.last_end}: the disk of {self._logs.parent} is full; it is started again"
            f" once {ROOM >> 20} MB are free"
        )
        self._enter(running, DISK_FULL)
        while not self._has_room():  # noqa: ASYNC110
            await asyncio.sleep(POLL)

    async def _watch(self, running: PartProcess) -> None:
        while not await running.part.ready():  # noqa: ASYNC110 - another process, which sets no Event
            await asyncio.sleep(POLL)
        self._enter(running, "running")
        if running.restarts:
            self._report(f"{running.part.name} is ready again")
        running.ready.set()
        if running.part.alive:
            await self._until_unresponsive(running.part.alive)
            self._report(f"{running.part.name} made no progress for {UNRESPONSIVE_AFTER:g} s")
            assert running.child is not None
            await asyncio.to_thread(process.stop, running.child, signal.SIGTERM, running.part.stops_within)

    async def _until_unresponsive(self, alive: Callable[[], Any]) -> None:
        last_alive = time.monotonic()
        while time.monotonic() - last_alive < UNRESPONSIVE_AFTER:
            await asyncio.sleep(CHECK_EVERY)
            if await alive():
                last_alive = time.monotonic()

    def _enter(self, running: PartProcess, state: str) -> None:
        running.state, running.since = state, time.time()
        self._on_change()

    async def stop(self) -> None:
        """Stop the parts, the last started first; those that do not end in time are killed and named."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for stage in reversed(self._stages):
            await asyncio.gather(*(self._stop(running) for running in stage if running.child))

    async def _stop(self, running: PartProcess) -> None:
        assert running.child is not None
        self._enter(running, "stopping")
        stop_signal, within = running.part.command().stop_signal, running.part.stops_within
        if not await asyncio.to_thread(process.stop, running.child, stop_signal, within):
            self._report(f"{running.part.name} did not stop within {within:g} s and was killed")
        self._enter(running, "stopped")

    async def _limit_logs(self) -> None:
        while True:
            for running in self.parts:
                process.limit_log(running.log, LOG_LIMIT)
            await asyncio.sleep(5)


async def _ended(child: "subprocess.Popen[bytes]") -> None:
    while child.poll() is None:  # noqa: ASYNC110
        await asyncio.sleep(POLL)


def _describe_end(code: int) -> str:
    if code < 0:
        return f"was killed by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"
