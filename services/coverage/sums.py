"""The sums of cells on a day, as known at a time: read from the current totals, the rollup and the ledger."""

import asyncio
from collections.abc import Sequence
from datetime import date

import asyncpg

from services.coverage import figures, series
from services.coverage.figures import Sum
from services.coverage.queries import queries
from services.coverage.selection import Selection
from services.coverage.series import Loss, Month
from shared.jakarta import today


async def selected_sums(db: asyncpg.Connection, selection: Selection) -> list[Sum]:
    """The sums that the figures of this selection are made of."""
    mask = figures.mask(selection.by, selection.is_by_regency)
    if selection.cooperative is not None:
        return await channel_sums(db, selection, through=False)
    return await cell_sums(db, mask, selection.as_of, selection.known_at, *selection.places)


async def channel_sums(db: asyncpg.Connection, selection: Selection, *, through: bool = True) -> list[Sum]:
    """The same of those who were enrolled through the cooperative, its members or not (or of its members)."""
    mask = figures.mask(selection.by, selection.is_by_regency)
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
    return (await sums_by_mask(db, [mask], as_of, known_at, provinces, regencies))[mask]


async def sums_by_mask(
    db: asyncpg.Connection,
    masks: Sequence[int],
    as_of: date,
    known_at: int | None,
    provinces: Sequence[int] | None = None,
    regencies: Sequence[int] = (),
) -> dict[int, list[Sum]]:
    """The same merged by each of several masks, read once."""
    bounds = (as_of, list(masks), provinces, list(regencies))
    if known_at is None:
        rows = await db.fetch(queries["cell_sums"], *bounds)
    else:
        rows = await db.fetch(queries["cell_sums_known_at"], *bounds, known_at)
    found: dict[int, list[Sum]] = {mask: [] for mask in masks}
    for mask, *each in rows:
        found[mask].append(Sum(*each))
    return found


async def sums_by_month(
    db: asyncpg.Connection,
    months: Sequence[Month],
    mask: int,
    known_at: int | None,
    provinces: Sequence[int] | None = None,
    regencies: Sequence[int] = (),
) -> list[list[Sum]]:
    """As `cell_sums` on the day before these months, then at the end of each.

    Read once: the sums of one day, and what changes from there. By all that is known that day is today, whose sums are
    kept ready; at an earlier time of knowledge it is the day before the months.
    """
    anchor = today() if known_at is None else series.day_before(months)
    days = series.step_days(months, anchor)
    base = await cell_sums(db, mask, anchor, known_at, provinces, regencies)
    bounds = (days, mask, provinces, list(regencies))
    if known_at is None:
        rows = await db.fetch(queries["steps"], *bounds)
    else:
        rows = await db.fetch(queries["steps_known_at"], *bounds, known_at)
    return await asyncio.to_thread(_at_ends, months, anchor, base, rows, days)


def _at_ends(
    months: Sequence[Month], anchor: date, base: list[Sum], rows: list[asyncpg.Record], days: Sequence[date]
) -> list[list[Sum]]:
    steps = [(number, Sum(*each)) for number, *each in rows]
    return list(series.sums_at_ends(months, anchor, base, steps, days))


async def losses_by_month(
    db: asyncpg.Connection,
    months: Sequence[Month],
    mask: int,
    known_at: int | None,
    provinces: Sequence[int] | None = None,
    regencies: Sequence[int] = (),
) -> list[list[Loss]] | None:
    """Who left a cell in each of these months; None while a rebuild is needed to know it."""
    if not await db.fetchval(queries["losses_complete"]):
        return None
    days = series.step_days(months, series.day_before(months))
    found: list[list[Loss]] = [[] for _ in months]
    for step, *loss in await db.fetch(queries["losses"], days, mask, provinces, list(regencies), known_at):
        found[step - 1].append(Loss(*loss))
    return found
