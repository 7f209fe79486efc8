"""Answers that took long, kept for a while: whoever asks the same meanwhile waits for nobody and burdens nobody."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar, cast

T = TypeVar("T")

SLOW_SECONDS = 0.5
"""Whatever is answered sooner is answered anew each time."""
KEPT_FACTOR = 10
"""An answer is kept so many times as long as it took."""
MOST = 100


class SlowAnswers:
    """One computation at a time of each question; its answer says itself as of when it is."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._under_way: dict[Hashable, asyncio.Task[Any]] = {}
        self._kept: dict[Hashable, tuple[float, Any]] = {}

    async def answer(self, question: Hashable, compute: Callable[[], Awaitable[T]]) -> T:
        """What `compute` returns, or returned a moment ago. Who goes away meanwhile takes it from nobody else."""
        kept = self._kept.get(question)
        if kept is not None and self._clock() < kept[0]:
            return cast(T, kept[1])
        task = self._under_way.get(question)
        if task is None:
            task = self._under_way[question] = asyncio.create_task(self._compute(question, compute))
            task.add_done_callback(_note_failure)
        return cast(T, await asyncio.shield(task))

    async def _compute(self, question: Hashable, compute: Callable[[], Awaitable[T]]) -> T:
        began = self._clock()
        try:
            found = await compute()
        finally:
            del self._under_way[question]
        took = self._clock() - began
        if took >= SLOW_SECONDS:
            now = self._clock()
            self._kept = {key: each for key, each in self._kept.items() if each[0] > now}
            if len(self._kept) < MOST:
                self._kept[question] = (now + KEPT_FACTOR * took, found)
        return found


def _note_failure(task: asyncio.Task[Any]) -> None:
    """Its failure is no news where everybody who asked has gone."""
    if not task.cancelled():
        task.exception()
