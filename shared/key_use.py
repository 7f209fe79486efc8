"""When each key was last used: kept in memory and written once a minute, so that no request costs a write."""

from contextlib import suppress

from shared.database import UNAVAILABLE, columns
from shared.part import Part
from shared.security import KeyRing, queries

EVERY = 60.0
"""Seconds between two writes; a crash forgets so much, a stop nothing."""


class KeyUse(Part):
    """Writes the uses that the ring noted into the table `keys`."""

    def __init__(self, ring: KeyRing) -> None:
        super().__init__("key_use")
        self._ring = ring

    async def step(self) -> float:
        used = self._ring.take_used()
        if used:
            try:
                await self._ring.pool.execute(queries["note_key_use"], *columns(used.items()))
            except UNAVAILABLE:
                self._ring.put_back(used)
                raise
        return EVERY

    async def close(self) -> None:
        with suppress(*UNAVAILABLE):
            await self.step()
