"""How many streams of server-sent events a key has open: an office shares a key, and each page has a stream."""

from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Final

from shared.problems import Problem

STREAMS_OF_A_KEY: Final = 200
"""In one process."""


class OpenStreams:
    """Counts those of one process, by who holds them."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()

    def check(self, holder: str) -> None:
        """Raises Problem 429 for one more stream than a key may have."""
        if self._open[holder] >= STREAMS_OF_A_KEY:
            detail = f"This key has {STREAMS_OF_A_KEY} streams open; close one of them first."
            raise Problem(429, "too_many_requests", detail, headers={"Retry-After": "5"})

    async def counted(self, holder: str, events: AsyncGenerator[str, None]) -> AsyncIterator[str]:
        """The events of a stream, which is counted for as long as it is open."""
        self._open[holder] += 1
        try:
            async with aclosing(events):
                async for event in events:
                    yield event
        finally:
            self._open[holder] -= 1
            if not self._open[holder]:
                del self._open[holder]


def holder_of(key_id: str | None) -> str:
    """Whose a stream is, the administrator's without a key."""
    return key_id or "administrator"
