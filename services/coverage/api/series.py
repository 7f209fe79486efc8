"""GET /v1/coverage/series: month by month, with who joined and who was lost."""

import asyncio
from collections.abc import Sequence
from itertools import pairwise, product
from typing import Any, NamedTuple

import asyncpg
import msgspec
from fastapi import APIRouter, Depends, Request, Response

from services.coverage import boundaries, cells, figures, protection, series
from services.coverage.api import freshness, parameters, spreadsheet
from services.coverage.figures import Dimensions, Sum, Tally
from services.coverage.month_protection import suppressed_regions
from services.coverage.selection import RegionOfCell, Selection
from services.coverage.series import Loss, Month, Movement
from services.coverage.snapshot import snapshot
from services.coverage.sums import losses_by_month, sums_by_month
from shared.downloads import dialect_of
from shared.jakarta import today
from shared.problems import Problem
from shared.regions import Regions
from shared.security import principal_of, require

router = APIRouter(prefix="/v1", tags=["coverage"], dependencies=[Depends(require("read"))])

MOST_ROWS = 20_000
BY = ("month", *series.DIMENSIONS)
PARAMETERS = parameters.accepts(
    "region", "level", "from", "to", "by", *parameters.FILTERS, "known_at", "boundaries", "format", by=BY
)


class Asked(NamedTuple):
    """What a series is asked for; `selection` is that of the last month's end."""

    selection: Selection
    months: Sequence[Month]


class Found(NamedTuple):
    """The sums on the day before the months, then at each one's end; and who left a cell in each month, if known."""

    ends: list[list[Sum]]
    losses: list[list[Loss]] | None


@router.get("/coverage/series", summary="Coverage by month, with joins and losses", **PARAMETERS)
async def coverage_series(request: Request) -> Response:
    """For every month: the figures of its last day, who joined within it, and who was lost.

    `joined` and `lost` count partners, each day by itself: who lapses and comes back does both. `lost_by` says who is
    enrolled no more (`lapsed`) and who is elsewhere: in another region, or without what the row is split by
    (`changed`). `joined` - `lost` is `net`, what `enrolled` grew by. They are null while a rebuild is needed to know
    them. Without the right `figures:detail` a month's row that could disclose a count from 1 to 4, on its last day or
    by the difference from the month before, has null for all figures, and `suppressed`: true.
    """
    asked, form = _asked(request), parameters.table_form(request)
    found = await series_of(request, asked)
    if form:
        name = f"coverage-{asked.selection.region}-{asked.months[0].name}-{asked.months[-1].name}"
        header, lines = await asyncio.to_thread(_table, asked.selection.by, found)
        return await asyncio.to_thread(spreadsheet.answer, name, header, lines, form, dialect_of(request))
    return Response(await asyncio.to_thread(msgspec.json.encode, found), media_type="application/json")


async def series_of(request: Request, asked: Asked) -> dict[str, Any]:
    """The answer as the caller may see it, with `rows`: region by region, in each the months in their order."""
    selection = asked.selection
    dimensions = Dimensions(request.app.state.settings.programmes)
    places = _places(asked, dimensions)
    is_detailed = (await principal_of(request)).may(protection.DETAIL)
    known_at = parameters.known_at_text(selection.known_at)
    async with snapshot(request) as seen:
        found = await _read(seen.db, asked, _mask(selection), *selection.places)
        national = None if is_detailed else await _read(seen.db, asked, _national_mask(selection))
        agencies = await seen.once("agencies", freshness.agencies)
        stale = await seen.once("stale", freshness.stale)

    def rows() -> list[dict[str, Any]]:
        months = _months(asked, found, places, dimensions)
        if national is not None:
            hidden = _hidden(asked, national, dimensions)
            months = [
                [_suppressed(row) if row["region"] in suppressed else row for row in month]
                for month, suppressed in zip(months, hidden, strict=True)
            ]
        return [row for one_place in zip(*months, strict=True) for row in one_place]

    return {
        "region": selection.region,
        "level": parameters.level_asked(request),
        "by": ["month", *selection.by],
        "from": asked.months[0].name,
        "to": asked.months[-1].name,
        "known_at": known_at,
        "boundaries": boundaries.EDITIONS[0 if selection.is_former else 1],
        "updated_at": freshness.updated_at(agencies),
        "stale": stale,
        "freshness": agencies,
        "rows": await asyncio.to_thread(rows),
    }


def _asked(request: Request) -> Asked:
    region = parameters.region(request)
    dimensions = Dimensions(request.app.state.settings.programmes)
    months, only = parameters.months(request, today()), parameters.chosen(request, dimensions.values)
    by = tuple(dict.fromkeys((*parameters.by(request, BY), *only)))
    split = tuple(name for name in by if name != "month")
    is_former = parameters.is_former(request, region)
    level, known_at = parameters.level(request, region), parameters.known_at(request)
    return Asked(Selection(region, level, split, months[-1].end, known_at, None, only, is_former), months)


def _places(asked: Asked, dimensions: Dimensions) -> list[series.Key]:
    """The region and combination of each row of a month; refused where all months have too many of them."""
    every = product(*(dimensions.values(name) for name in asked.selection.by))
    places = list(product(asked.selection.codes, [each for each in every if asked.selection.includes(each)]))
    if (rows := len(places) * len(asked.months)) > MOST_ROWS:
        detail = f"That is {rows:,} rows, at most {MOST_ROWS:,} are answered: ask for fewer months, a region or level."
        raise Problem(422, "invalid_value", detail, field="level")
    return places


def _mask(selection: Selection) -> int:
    """As for the figures of one day; a region as a whole needs no places."""
    mask = figures.mask(selection.by, selection.is_by_regency)
    return mask & ~cells.MASKS["region"] if selection.level == "self" else mask


def _national_mask(selection: Selection) -> int:
    """What the protection of months is decided by: without a split neither kind nor scale matters, and of each regency
    three cells are left."""
    if selection.by:
        return figures.mask(selection.by, True)
    return sum(cells.MASKS[name] for name in ("side", "unknown", "region"))


async def _read(
    db: asyncpg.Connection,
    asked: Asked,
    mask: int,
    provinces: Sequence[int] | None = None,
    regencies: Sequence[int] = (),
) -> Found:
    bounds = asked.months, mask, asked.selection.known_at, provinces, regencies
    return Found(await sums_by_month(db, *bounds), await losses_by_month(db, *bounds))


def _months(
    asked: Asked, found: Found, places: Sequence[series.Key], dimensions: Dimensions
) -> list[list[dict[str, Any]]]:
    """The rows of each month."""
    by, region_of = asked.selection.by, RegionOfCell(asked.selection)
    tables = [figures.tallies(sums, by, region_of, dimensions) for sums in found.ends]
    months = []
    for at, (before, now) in enumerate(pairwise(tables)):
        moved = None if found.losses is None else series.movements(found.losses[at], by, region_of, dimensions)
        rows = [
            _row(
                asked.months[at], place, by, before.get(place), now.get(place), None if moved is None else moved[place]
            )
            for place in places
        ]
        months.append(rows)
    return months


def _hidden(asked: Asked, national: Found, dimensions: Dimensions) -> list[frozenset[str]]:
    """The regions suppressed in each month."""
    by = asked.selection.by
    hidden = suppressed_regions(national.ends, national.losses or [[] for _ in asked.months], by, dimensions)
    return [protection.with_former(each) for each in hidden] if asked.selection.is_former else hidden


def _row(
    month: Month,
    place: series.Key,
    by: tuple[str, ...],
    before: Tally | None,
    now: Tally | None,
    movement: Movement | None,
) -> dict[str, Any]:
    """One month of a region and combination; `before` has the figures of the day before it."""
    code, combination = place
    tally = now or Tally()
    return (
        {"region": code, "name": Regions.load()[code].name, "month": month.name, "as_of": month.end.isoformat()}
        | dict(zip(by, combination, strict=True))
        | figures.row(tally, by)
        | series.moved(tally.enrolled, before.enrolled if before else 0, movement)
    )


def _suppressed(row: dict[str, Any]) -> dict[str, Any]:
    nothing = dict.fromkeys(("listed", "enrolled", "unregistered", "rate", "joined", "lost", "net"))
    lost_by, workers = dict.fromkeys(row["lost_by"]), protection.without_numbers(row["workers"])
    return row | nothing | {"workers": workers, "lost_by": lost_by, "suppressed": True}


def _table(by: tuple[str, ...], found: dict[str, Any]) -> tuple[list[str], list[list[Any]]]:
    """(header, lines)"""
    plain = ["region", "name", "month", "as_of", *by, "listed", "enrolled", "unregistered", "rate"]
    moved = ["joined", "lost", "net"]
    header = [*plain, "workers_listed", "workers_unknown", "workers_enrolled", *moved, "lapsed", "changed"]
    header += ["known_at", "updated_at", "suppressed"]
    lines = [
        [row[name] for name in plain]
        + [row["workers"][name] for name in ("listed", "unknown", "enrolled")]
        + [row[name] for name in moved]
        + list(row["lost_by"].values())
        + [found["known_at"], found["updated_at"], "true" if row.get("suppressed") else None]
        for row in found["rows"]
    ]
    return header, lines
