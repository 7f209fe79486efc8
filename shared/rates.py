"""How often each caller comes, as a count over a sliding minute. Pure but for the clock."""

import math
import time
from collections.abc import Callable
from typing import Final, NamedTuple

WINDOW: Final = 60
"""Seconds."""


class Rate(NamedTuple):
    """A use of `limit` a minute: whether it is within it, how many are left, and in how many seconds one more is."""

    limit: int
    is_within: bool
    remaining: int
    reset: int


class Rates:
    """Counts the uses of every caller, in this process.

    The minute that slides with the clock is taken as all of the present one, and of the one before the share that the
    sliding one still covers: two numbers a caller, whatever the limit.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._minute = 0
        self._present: dict[str, int] = {}
        self._before: dict[str, int] = {}

    def use(self, caller: str, limit: int) -> Rate:
        """Count a use, unless it is beyond the limit."""
        now = self._clock()
        left = WINDOW - (now - self._begin(int(now // WINDOW)) * WINDOW)
        before, used = self._before.get(caller, 0), self._present.get(caller, 0)
        covered = before * left / WINDOW
        is_within = math.floor(covered + used) < limit
        if is_within:
            used += 1
            self._present[caller] = used
        next_one = WINDOW / before if before and used < limit else left
        return Rate(limit, is_within, max(0, limit - math.ceil(covered + used)), max(1, math.ceil(next_one)))

    def _begin(self, minute: int) -> int:
        """The present minute; what was counted two minutes ago is forgotten."""
        if minute != self._minute:
            self._before = self._present if minute == self._minute + 1 else {}
            self._present, self._minute = {}, minute
        return minute
