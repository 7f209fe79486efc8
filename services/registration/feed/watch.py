"""Lets requests wait for changes of their agency: one question to the database for all of them."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from services.registration.feed import changes
from services.registration.queries import queries
from shared.part import Part

EVERY = 0.5
"""Seconds between two questions while somebody waits."""
MOST_WAITING = 8
"""Requests of one agency that wait at an instance at once."""


class TooManyWaiting(Exception):
    """The agency has enough requests that wait."""


class Watch(Part):
    """Wakes whoever waits for changes of an agency, also of those that another instance wrote."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        super().__init__("watch")
        self._pool = pool
        self._waiting: dict[str, set[asyncio.Event]] = defaultdict(set)
        self._seen: int | None = None

    @contextmanager
    def waiting(self, agency: str) -> Iterator[asyncio.Event]:
        """An event that is set when there may be changes, or the service stops. Read once more after entering."""
        own = self._waiting[agency]
        if len(own) >= MOST_WAITING:
            raise TooManyWaiting
        event = asyncio.Event()
        own.add(event)
        self.wake()
        try:
            yield event
        finally:
            own.discard(event)
            if not own:
                self._waiting.pop(agency, None)

    async def step(self) -> float | None:
        if not self._waiting:
            self._seen = None
            return None
        end = await changes.end(self._pool)
        if self._seen is None:
            self._wake(list(self._waiting))
        elif end > self._seen:
            records = await self._pool.fetch(queries["agencies_of_changes"], self._seen, end)
            self._wake([record["agency"] for record in records])
        self._seen = end
        return EVERY

    async def close(self) -> None:
        self._wake(list(self._waiting))

    def _wake(self, agencies: list[str]) -> None:
        for agency in agencies:
            for event in self._waiting.get(agency, ()):
                event.set()
