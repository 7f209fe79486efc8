"""What the files of one agency that wait to be worked off may take together: nobody fills the disk for all."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from uuid import UUID, uuid4

import asyncpg

from services.registration.queries import queries
from shared.database import UNAVAILABLE, transaction

BLOCK = 4 << 20
"""Bytes that a request of unknown length reserves at a time."""
RENEWED_AFTER = 120.0
"""Seconds, of the ten minutes that a reservation lasts."""


class Quota:
    """`most` bytes an agency: its uploads, the files of its imports that wait, and what is being received anywhere."""

    def __init__(self, pool: asyncpg.Pool, most: int) -> None:
        self._pool, self.most = pool, most

    async def free(self, agency: str, db: asyncpg.Connection | None = None) -> int:
        """Bytes that the agency may still send; as the transaction of `db` sees it, if one is given."""
        waiting = int(await (db or self._pool).fetchval(queries["bytes_waiting"], agency))
        return max(0, self.most - waiting)

    async def has_room(self, agency: str, wanted: int, db: asyncpg.Connection, held: int = 0) -> bool:
        """Whether there is room for so many bytes beside those `held`, in a transaction that holds `lock_quota`.

        Files that the page tried out give way, the oldest first: nobody has to come back to delete them.
        """
        while wanted > await self.free(agency, db) + held:
            given_up = await db.fetchval(queries["give_up_oldest_trial"], agency)
            if given_up is None:
                return False
            await db.execute(queries["drop_unused_file"], given_up)
        return True

    @asynccontextmanager
    async def receiving(self, agency: str) -> AsyncIterator["Reservation"]:
        """While the block lasts, what is reserved and received counts for the agency, in all instances."""
        reservation = Reservation(self, self._pool, agency)
        try:
            yield reservation
        finally:
            with suppress(*UNAVAILABLE):  # it runs out by itself
                await self._pool.execute(queries["release"], reservation.request)

    def used_up(self) -> str:
        """What to tell an agency that has no room left."""
        return (
            f"The files of your agency that wait may take {self.most >> 20} MiB together. Wait until they are worked "
            "off, or cancel imports and delete uploads that you do not need (DELETE /v1/uploads/…)."
        )


class Reservation:
    """What one request may take."""

    def __init__(self, quota: Quota, pool: asyncpg.Pool, agency: str) -> None:
        self._quota, self._pool, self._agency = quota, pool, agency
        self.request: UUID = uuid4()
        self._reserved = self._received = 0
        self._renewed = 0.0

    async def add(self, received: int) -> bool:
        """Counts so many bytes more; whether there was room for them."""
        self._received += received
        if self._received <= self._reserved and time.monotonic() - self._renewed < RENEWED_AFTER:
            return True
        return await self.reserve(max(self._received, self._reserved), BLOCK)

    async def reserve(self, wanted: int, more: int = 0) -> bool:
        """Reserves so many bytes in all, and some more if there is room for them; whether there was room."""
        async with transaction(self._pool) as db:
            await db.execute(queries["lock_quota"], self._agency)
            if not await self._quota.has_room(self._agency, wanted, db, self._reserved):
                return False
            room = await self._quota.free(self._agency, db) + self._reserved
            self._reserved, self._renewed = min(room, wanted + more), time.monotonic()
            await db.execute(queries["reserve"], self.request, self._agency, self._reserved)
        return True
