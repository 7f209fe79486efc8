"""What the files of one agency that wait to be worked off may take together: nobody fills the disk for all."""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import asyncpg

from services.registration.queries import queries


class Quota:
    """`most` bytes an agency: its uploads, the files of its imports that wait, and what is just being received here."""

    def __init__(self, pool: asyncpg.Pool, most: int) -> None:
        self._pool, self.most = pool, most
        self._receiving: Counter[str] = Counter()
        self._received: Counter[str] = Counter()
        """Bytes of requests that ended, since the start."""

    async def free(self, agency: str, db: asyncpg.Connection | None = None) -> int:
        """Bytes that the agency may still send; as the transaction of `db` sees it, if one is given."""
        waiting = int(await (db or self._pool).fetchval(queries["bytes_waiting"], agency))
        return max(0, self.most - waiting - self._receiving[agency])

    @asynccontextmanager
    async def receiving(self, agency: str) -> AsyncIterator[Callable[[int], bool]]:
        """While the block lasts, what is given so many bytes counts; its answer is whether there was room for them."""
        counted, ended = 0, self._received[agency]
        most = await self.free(agency) + self._receiving[agency]

        def count(received: int) -> bool:
            """What others send meanwhile counts as well, also once it waits."""
            nonlocal counted
            counted += received
            self._receiving[agency] += received
            return self._receiving[agency] + self._received[agency] - ended <= most

        try:
            yield count
        finally:
            self._receiving[agency] -= counted
            self._received[agency] += counted

    def used_up(self) -> str:
        """What to tell an agency that has no room left."""
        return (
            f"The files of your agency that wait may take {self.most >> 20} MiB together. Wait until they are worked "
            "off, or cancel imports and delete uploads that you do not need (DELETE /v1/uploads/…)."
        )
