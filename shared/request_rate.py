"""How often each key or address comes, over the last minute. In memory, each process for itself."""

import time
from collections.abc import Callable

SECONDS = 60.0
MOST_NAMES = 50_000
"""Names that are counted at once; above, those of earlier minutes are dropped, and all if that is not enough."""


class RequestRate:
    """At most `most` a minute of each name, by a sliding window: the minute that began last and a share of the one
    before, as much of it as the last sixty seconds reach into."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.most = most
        self._clock = clock
        self._counts: dict[str, tuple[int, int, int]] = {}
        """Name → number of its last minute, how many came in it, and in the minute before."""

    def admits(self, name: str) -> bool:
        """Whether one more is within the limit; only then it counts."""
        minute, elapsed = divmod(self._clock(), SECONDS)
        last, count, before = self._counts.get(name, (minute, 0, 0))
        if last != minute:
            count, before = 0, count if last == minute - 1 else 0
        if count + before * (1 - elapsed / SECONDS) >= self.most:
            return False
        self._counts[name] = int(minute), count + 1, before
        if len(self._counts) > MOST_NAMES:
            self._forget(int(minute))
        return True

    def _forget(self, minute: int) -> None:
        recent = {name: counts for name, counts in self._counts.items() if counts[0] == minute}
        self._counts = recent if len(recent) <= MOST_NAMES // 2 else {}
