"""Where one consumer stands still: what its service's database says, and what it found itself a moment ago."""

from collections.abc import Container
from contextlib import suppress

import asyncpg

from shared.bus import halts
from shared.bus.another_log import AnotherLog
from shared.bus.halts import Halt
from shared.bus.queries import queries
from shared.database import UNAVAILABLE, connection
from shared.observability import get_logger

log = get_logger(__name__)


class Halting:
    """The halts of the service that owns the pool, as far as they concern `topics`: another consumer of the service may
    stand still on others. Every instance follows them within seconds."""

    def __init__(self, pool: asyncpg.Pool, service: str, topics: Container[str]) -> None:
        self._pool = pool
        self._topics = topics
        self._mend = f"./payung recover log, then ./payung recover service {service.removesuffix('-access')}"
        self.halts: dict[str, Halt] = {}
        self._unsaved: dict[str, Halt] = {}

    def reasons(self) -> dict[str, str]:
        return {topic: halt.reason for topic, halt in self.halts.items()}

    def stands_still(self, topic: str) -> bool:
        """Whether the topic may not be read now."""
        return topic in self.halts or any(halt.is_for_all for halt in self.halts.values())

    async def halt(self, halt: Halt) -> None:
        """Stand still from now on, also when the database cannot keep it yet."""
        if halt.topic in self.halts:
            return
        self.halts[halt.topic] = self._unsaved[halt.topic] = halt
        log.error("the consumer halts", topic=halt.topic, cause=halt.cause, reason=halt.reason)
        with suppress(*UNAVAILABLE):  # `refresh` does it then
            await self._save()

    async def halt_for_log(self, topic: str, problem: AnotherLog) -> None:
        await self.halt(halts.of_another_log(topic, problem, self._mend))

    async def refresh(self, forgiven: dict[tuple[str, int], int]) -> None:
        """Read what holds now, also what poison is forgiven; while the database is away, all stays as it is."""
        try:
            await self._save()
            async with connection(self._pool) as db:
                known = await halts.load(db)
                self.halts = {
                    name: halt for name, halt in known.items() if halt.is_for_all or halt.topic in self._topics
                }
                for row in await db.fetch(queries["forgiven"]):
                    forgiven[row["topic"], row["partition"]] = row["before_offset"]
        except UNAVAILABLE:
            return

    async def _save(self) -> None:
        if not self._unsaved:
            return
        async with connection(self._pool) as db:
            for topic, halt in list(self._unsaved.items()):
                await halts.note(db, halt)
                self._unsaved.pop(topic, None)  # `halt` and `refresh` may both be at it
