"""One state of the database for all that a page asks: its answers agree, and what several of them need is read once."""

from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import date
from typing import Any, TypeVar, cast

import asyncpg
from fastapi import Request

from services.coverage import figures
from services.coverage.figures import Sum
from services.coverage.selection import Selection
from services.coverage.sums import channel_sums, sums_by_mask
from shared.database import connection

T = TypeVar("T")


class Snapshot:
    """A connection whose questions all see one state; it answers one at a time. What was read is kept."""

    def __init__(self, db: asyncpg.Connection) -> None:
        self.db = db
        self._kept: dict[Hashable, Any] = {}

    async def once(self, key: Hashable, ask: Callable[[asyncpg.Connection], Awaitable[T]]) -> T:
        """The answer to this question, which `key` names."""
        if key not in self._kept:
            self._kept[key] = await ask(self.db)
        return cast(T, self._kept[key])

    async def read(self, selections: Iterable[Selection]) -> None:
        """Read at once the sums of questions to come, of one region, day and knowledge."""
        questions = list(selections)
        masks = {figures.mask(each.by, each.is_by_regency) for each in questions}
        await self._read(sorted(masks), questions[0].as_of, questions[0].known_at, *questions[0].places)

    async def selected_sums(self, selection: Selection) -> list[Sum]:
        """As `sums.selected_sums`."""
        if selection.cooperative is not None:
            return await channel_sums(self.db, selection, through=False)
        mask = figures.mask(selection.by, selection.is_by_regency)
        return await self.cell_sums(mask, selection.as_of, selection.known_at, *selection.places)

    async def cell_sums(
        self,
        mask: int,
        as_of: date,
        known_at: int | None,
        provinces: Sequence[int] | None = None,
        regencies: Sequence[int] = (),
    ) -> list[Sum]:
        """As `sums.cell_sums`."""
        key = _key(mask, as_of, known_at, provinces, regencies)
        if key not in self._kept:
            await self._read([mask], as_of, known_at, provinces, regencies)
        return cast(list[Sum], self._kept[key])

    async def _read(
        self,
        masks: Sequence[int],
        as_of: date,
        known_at: int | None,
        provinces: Sequence[int] | None,
        regencies: Sequence[int],
    ) -> None:
        found = await sums_by_mask(self.db, masks, as_of, known_at, provinces, regencies)
        for mask, sums in found.items():
            self._kept[_key(mask, as_of, known_at, provinces, regencies)] = sums


def _key(
    mask: int, as_of: date, known_at: int | None, provinces: Sequence[int] | None, regencies: Sequence[int]
) -> Any:
    return "sums", mask, as_of, known_at, None if provinces is None else tuple(provinces), tuple(regencies)


@asynccontextmanager
async def snapshot(request: Request) -> AsyncIterator[Snapshot]:
    """The snapshot of this request: the one that is open, else one of this block alone."""
    opened: Snapshot | None = getattr(request.state, "snapshot", None)
    if opened is not None:
        yield opened
        return
    async with connection(request.app.state.pool) as db, db.transaction(isolation="repeatable_read", readonly=True):
        request.state.snapshot = Snapshot(db)
        try:
            yield request.state.snapshot
        finally:
            request.state.snapshot = None
