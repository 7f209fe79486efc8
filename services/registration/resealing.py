"""Seals anew under the newest key what a former one sealed: after `./payung secret rotate`, beside the work."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import asyncpg

from services.registration.queries import queries
from services.registration.vault import Vault
from shared.database import columns
from shared.observability import get_logger
from shared.part import Part

log = get_logger(__name__)

AGAIN_AFTER = 30.0
"""Seconds until the next round, where somebody held a row or changed it."""


@dataclass(frozen=True)
class Kept:
    """Where something sealed is kept: `next_sealed_NAME` reads `size` of them behind `before`, the key before all
    others; `reseal_NAME` replaces them."""

    name: str
    before: tuple[Any, ...] = (UUID(int=0),)
    size: int = 500


KEPT: Final = (
    Kept("evidence"),
    Kept("versions", before=(-1,)),
    Kept("refusals"),
    Kept("previews", size=20),
    Kept("file_parts", before=(UUID(int=0), -1), size=1),
    Kept("webhooks"),
)


class Resealing(Part):
    """Goes through everything once a key, however often it is interrupted; nobody waits for it."""

    def __init__(self, pool: asyncpg.Pool, vault: Vault) -> None:
        super().__init__("resealing")
        self._pool, self._vault = pool, vault
        self._sealed_anew = 0

    def detail(self) -> dict[str, Any]:
        return {"sealed_anew": self._sealed_anew}

    async def step(self) -> float | None:
        key = self._vault.key_id
        if not self._vault.has_former or await self._pool.fetchval(queries["is_sealed_anew"], key):
            return None
        left = sum([await self._round(kept) for kept in KEPT])
        if left or self.stopping:
            return AGAIN_AFTER
        await self._pool.execute(queries["note_sealed_anew"], key)
        log.info("what former keys sealed is sealed under the newest one", sealed_anew=self._sealed_anew)
        return None

    async def _round(self, kept: Kept) -> int:
        """Go through all of one kind; how many were held or changed meanwhile."""
        left, after = 0, kept.before
        while not self.stopping:
            found = await self._pool.fetch(queries[f"next_sealed_{kept.name}"], kept.size, *after)
            if not found:
                break
            after = tuple(found[-1])[:-1]
            anew = [(*row, sealed) for row in found if (sealed := self._vault.sealed_anew(row[-1])) is not None]
            if anew:
                done = await self._pool.execute(queries[f"reseal_{kept.name}"], *columns(anew, len(anew[0])))
                replaced = int(done.rpartition(" ")[2])
                left += len(anew) - replaced
                self._sealed_anew += replaced
            self.progressed()
        return left
