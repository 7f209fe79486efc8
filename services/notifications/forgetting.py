"""Deletes the dead letters of contacts that were erased: what could not be read may hold personal data all the same."""

import asyncio
from contextlib import suppress

import asyncpg
from aiokafka.errors import KafkaError

from services.notifications.queries import queries
from shared.bus import redrive
from shared.database import UNAVAILABLE, transaction
from shared.observability import get_logger
from shared.service import PartStatus

log = get_logger(__name__)

LOOK_EVERY = 5.0
LONGEST_BACK_OFF = 60.0


class Forgetter:
    """Works off `letters_to_forget`; whatever stops it half-way, it begins again."""

    name = "forgetter"

    def __init__(self, pool: asyncpg.Pool, *, kafka: str, prefix: str = "") -> None:
        self._pool = pool
        self._kafka = kafka
        self._prefix = prefix
        self._stopping = asyncio.Event()
        self._trouble: str | None = None

    async def run(self) -> None:
        wait = LOOK_EVERY
        while not self._stopping.is_set():
            try:
                await self.forget()
                self._trouble, wait = None, LOOK_EVERY
            except (*UNAVAILABLE, KafkaError, TimeoutError) as problem:
                self._trouble = type(problem).__name__
                log.warning("dead letters of erased contacts wait to be deleted", problem=self._trouble)
                wait = min(wait * 2, LONGEST_BACK_OFF)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), wait)

    async def stop(self) -> None:
        self._stopping.set()

    def status(self) -> PartStatus:
        return PartStatus(live=True, ready=True, detail={"trouble": self._trouble})

    async def forget(self) -> int:
        """Delete those there are now; how many letters. Whoever is erased anew meanwhile waits for the commit."""
        async with transaction(self._pool) as db:
            ids = {row["partner_id"] for row in await db.fetch(queries["take_letters_to_forget"])}
            if not ids:
                return 0
            gone = await redrive.forget(self._kafka, "contacts", lambda letter: letter.key in ids, prefix=self._prefix)
        if gone:
            log.info("dead letters of erased contacts deleted", count=gone)
        return gone
