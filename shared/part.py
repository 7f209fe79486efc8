"""What runs beside a service's web application: one supervised loop, the same for every part."""

import asyncio
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, ClassVar

from shared.database import UNAVAILABLE
from shared.observability import get_logger

log = get_logger(__name__)


@dataclass(frozen=True)
class PartStatus:
    """`live`: makes progress, or waits for something it names. `ready`: may take traffic."""

    live: bool
    ready: bool
    detail: dict[str, Any] = field(default_factory=dict)


class BackOff:
    """Seconds to wait before each new attempt: `first`, then twice as long every time, at most `longest`."""

    def __init__(self, first: float, longest: float) -> None:
        self._first = self._next = first
        self._longest = longest

    def next(self) -> float:
        seconds, self._next = self._next, min(self._next * 2, self._longest)
        return seconds

    def reset(self) -> None:
        """The next wait is the `first` one again."""
        self._next = self._first


class Part(ABC):
    """Calls `step` again and again until it is stopped.

    The exceptions in `waits_for` mean that something outside the part fails, such as a database that is down: the part
    reports it in its status and tries again after a back-off, `first_back_off` to `longest_back_off` seconds. Any other
    exception ends `run`, and with it the service, which its supervisor restarts.

    A step that takes longer than `stalled_after` seconds without calling `progressed` makes the part not live.
    """

    tolerates: tuple[type[BaseException], ...] = ()
    """What may be away without the service being less ready for traffic: the part catches up later."""

    waits_for: ClassVar[tuple[type[BaseException], ...]] = UNAVAILABLE
    first_back_off: ClassVar[float] = 0.5
    longest_back_off: ClassVar[float] = 10.0
    stalled_after: ClassVar[float] = 120.0

    def __init__(self, name: str) -> None:
        self.name = name
        self.stopping = False
        self._stop = asyncio.Event()
        self._woken = asyncio.Event()
        self._trouble: str | None = "starting"
        self._is_tolerated = False
        self._busy_since: float | None = None
        self._ended = False

    @abstractmethod
    async def step(self) -> float | None:
        """Do one piece of work. Returns the seconds to rest before the next one: 0 no rest, None until `wake`."""

    async def close(self) -> None:
        """Release what the part holds; called once, after the last step."""
        return

    def detail(self) -> dict[str, Any]:
        """What `/readyz` shows of this part beside `busy_seconds` and `trouble`."""
        return {}

    async def run(self) -> None:
        """Step until `stop` was called."""
        back_off, self._ended = BackOff(self.first_back_off, self.longest_back_off), False
        try:
            while not self.stopping:
                self._busy_since = time.monotonic()
                try:
                    rest = await self.step()
                except self.waits_for as problem:
                    await self.wait_after(problem, back_off)
                else:
                    self._trouble, self._busy_since = None, None
                    back_off.reset()
                    if rest != 0:
                        await self._rest(rest)
        finally:
            self._ended = not self.stopping
            await self.close()

    def wake(self) -> None:
        """End the rest early: there is work."""
        self._woken.set()

    async def stop(self) -> None:
        """Let `run` return after the current step."""
        self.stopping = True
        self._stop.set()
        self._woken.set()

    def progressed(self) -> None:
        """Report that a long step makes progress and waits for nothing."""
        self._trouble, self._busy_since = None, time.monotonic()

    def idle(self) -> None:
        """Report that there is nothing to do at the moment: the time without progress is counted from now on."""
        self._busy_since = time.monotonic()

    async def wait_after(self, problem: BaseException, back_off: BackOff) -> bool:
        """Report the problem and wait until the next attempt is due; whether `stop` was called meanwhile."""
        seconds = back_off.next()
        self.wait_for(problem, seconds)
        return await self.stopped_within(seconds)

    def wait_for(self, problem: BaseException, seconds: float) -> None:
        """Report what the part waits for, and in how many seconds it tries again."""
        self._trouble, self._busy_since = type(problem).__name__, None
        self._is_tolerated = isinstance(problem, self.tolerates)
        log.warning("a part waits", part=self.name, problem=self._trouble, seconds=seconds)

    def busy_seconds(self) -> float:
        """Seconds that the current step has been without progress; 0 while the part rests or waits."""
        return 0.0 if self._busy_since is None else time.monotonic() - self._busy_since

    def status(self) -> PartStatus:
        busy = self.busy_seconds()
        detail = {**self.detail(), "busy_seconds": round(busy, 1), "trouble": self._trouble}
        is_ready = not self._ended and (not self._trouble or self._is_tolerated)
        return PartStatus(not self._ended and busy < self.stalled_after, is_ready, detail)

    async def stopped_within(self, seconds: float) -> bool:
        """Wait this long or until `stop` is called; whether it was called."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), seconds)
        return self.stopping

    async def _rest(self, seconds: float | None) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._woken.wait(), seconds)
        self._woken.clear()
