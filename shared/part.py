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


class Part(ABC):
    """Calls `step` again and again until it is stopped.

    What `waits_for` names is trouble elsewhere, such as a database that is down: the part reports it in its status and
    tries again after a back-off that doubles up to `longest_back_off` seconds. Any other exception ends `run`, and with
    it the service, which its supervisor starts anew.

    A step that takes longer than `stalled_after` seconds without calling `progressed` makes the part not live.
    """

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
        self._busy_since: float | None = None
        self._ended = False

    @abstractmethod
    async def step(self) -> float | None:
        """One piece of work; the seconds to rest before the next one unless woken: 0 none, None until woken."""

    async def close(self) -> None:
        """Release what the part holds; called once, after the last step."""
        return

    def detail(self) -> dict[str, Any]:
        """What `/readyz` shows of this part beside its trouble."""
        return {}

    async def run(self) -> None:
        """Step until `stop` was called."""
        back_off, self._ended = self.first_back_off, False
        try:
            while not self.stopping:
                self._busy_since = time.monotonic()
                try:
                    rest = await self.step()
                except self.waits_for as problem:
                    self.wait_for(problem, back_off)
                    await self.stopped_within(back_off)
                    back_off = min(back_off * 2, self.longest_back_off)
                else:
                    self._trouble, self._busy_since, back_off = None, None, self.first_back_off
                    if rest != 0:
                        await self._rest(rest)
        finally:
            self._ended = not self.stopping
            await self.close()

    def wake(self) -> None:
        """Cut the rest short: there is something to do."""
        self._woken.set()

    async def stop(self) -> None:
        """Finish the step at hand and let `run` return."""
        self.stopping = True
        self._stop.set()
        self._woken.set()

    def progressed(self) -> None:
        """A long step is getting on: nothing is in its way."""
        self._trouble, self._busy_since = None, time.monotonic()

    def wait_for(self, problem: BaseException, seconds: float) -> None:
        """Report what the part waits for, and for how long until it tries again."""
        self._trouble, self._busy_since = type(problem).__name__, None
        log.warning("a part waits", part=self.name, problem=self._trouble, seconds=seconds)

    def busy_seconds(self) -> float:
        """How long the step at hand has been without progress; 0 while the part rests or waits."""
        return 0.0 if self._busy_since is None else time.monotonic() - self._busy_since

    def status(self) -> PartStatus:
        busy = self.busy_seconds()
        detail = {**self.detail(), "busy_seconds": round(busy, 1), "trouble": self._trouble}
        return PartStatus(not self._ended and busy < self.stalled_after, not self._ended and not self._trouble, detail)

    async def stopped_within(self, seconds: float) -> bool:
        """Wait this long, or until `stop` is called; whether it was."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), seconds)
        return self.stopping

    async def _rest(self, seconds: float | None) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._woken.wait(), seconds)
        self._woken.clear()
