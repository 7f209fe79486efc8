"""The sums of cells on a day, as known at a time: read from the current totals, the rollup and the ledger."""

from collections.abc import Sequence
from datetime import date

import asyncpg

from services.coverage import figures
from services.coverage.figures import Sum
from services.coverage.queries import queries
from services.coverage.selection import Selection


async def selected_sums(db: asyncpg.Connection, selection: Selection) -> list[Sum]:
    """The sums that the figures of this selection are made of."""
    mask = figures.mask(selection.by, selection.is_by_regency)
    if selection.cooperative is not None:
        return await _cooperative_sums(db, selection, mask, through=False)
    return await cell_sums(db, mask, selection.as_of, selection.known_at, *selection.places)


async def channel_sums(db: asyncpg.Connection, selection: Selection) -> list[Sum]:
    """The same of those who were enrolled through the cooperative, its members or not."""
    return await _cooperative_sums(db, selection, figures.mask(selection.by, selection.is_by_regency), through=True)


async def _cooperative_sums(db: asyncpg.Connection, selection: Selection, mask: int, *, through: bool) -> list[Sum]:
    bounds = selection.as_of, mask, *selection.places, selection.known_at, selection.cooperative, through
    return [Sum(*row) for row in await db.fetch(queries["cooperative_sums"], *bounds)]


async def cell_sums(
    db: asyncpg.Connection,
    mask: int,
    as_of: date,
    known_at: int | None,
    provinces: Sequence[int] | None = None,
    regencies: Sequence[int] = (),
) -> list[Sum]:
    """The sums of the cells, merged by `mask`, of these provinces and regencies (None: the whole nation)."""
    bounds = (as_of, mask, provinces, list(regencies))
    if known_at is None:
        rows = await db.fetch(queries["cell_sums"], *bounds)
    else:
        rows = await db.fetch(queries["cell_sums_known_at"], *bounds, known_at)
    return [Sum(*row) for row in rows]
