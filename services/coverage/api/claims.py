"""GET /v1/claims: how many were filed, paid and rejected, how much was paid, after which tenure."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from itertools import product
from typing import Any

import msgspec
from fastapi import APIRouter, Depends, Request, Response

from services.coverage.api import parameters, spreadsheet
from services.coverage.cells import SEGMENTS
from services.coverage.queries import queries
from shared.database import connection
from shared.jakarta import today
from shared.regions import Regions
from shared.security import require

router = APIRouter(prefix="/v1", tags=["claims"], dependencies=[Depends(require("read"))])

DIMENSIONS = ("programme", "segment", "month")
STATUSES = ("filed", "paid", "rejected")
NONE = {"count": 0, "amount": 0, "median_tenure": None}

PARAMETERS = parameters.accepts("region", "level", "by", "as_of", "known_at", "format", by=DIMENSIONS)


@router.get("/claims", summary="Claims by their current status", **PARAMETERS)
async def claims(request: Request) -> Response:
    """How many were filed, paid and rejected, of those that occurred up to `as_of`; `month` is the occurrence's."""
    region = parameters.region(request)
    level, by = parameters.level(request, region), parameters.by(request, DIMENSIONS)
    known_at, as_csv = parameters.known_at(request), parameters.wants_csv(request)
    as_of = parameters.as_of(request, today())
    head = {
        "as_of": as_of.isoformat(),
        "level": parameters.level_asked(request),
        "known_at": parameters.known_at_text(known_at),
    }
    regencies, codes = _places(region, level)
    async with connection(request.app.state.pool) as db:
        found = await db.fetch(queries["claims"], regencies, codes, known_at, list(by), as_of)
    programmes = request.app.state.settings.programmes

    def answer() -> Response:
        groups: dict[tuple[Any, ...], dict[str, Any]] = defaultdict(dict)
        for row in found:
            key = (row["region"], *(row[dimension] for dimension in by))
            groups[key][row["status"]] = {name: row[name] for name in ("count", "amount", "median_tenure")}
        rows = _rows(Regions.load().children(region, level), by, groups, programmes)
        if as_csv:
            return _csv(region, by, rows)
        body = {"region": region, **head, "by": list(by), "rows": rows}
        return Response(msgspec.json.encode(body), media_type="application/json")

    return await asyncio.to_thread(answer)


def _places(region: str, level: str) -> tuple[list[str], list[str]]:
    """The regencies within, and beside each the region of the level that it belongs to."""
    regions = Regions.load()
    pairs = [(inner, code) for code in regions.children(region, level) for inner in regions.regencies(code)]
    return [inner for inner, _ in pairs], [code for _, code in pairs]


def _rows(
    codes: list[str], by: tuple[str, ...], groups: dict[tuple[Any, ...], dict[str, Any]], programmes: Sequence[str]
) -> list[dict[str, Any]]:
    """Each region with each programme and segment asked for, also with zeros, in each month in which it has claims."""
    occurring: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for code, *combination in groups:
        occurring[code].add(tuple(combination))
    return [
        {
            "region": code,
            "name": Regions.load()[code].name,
            **dict(zip(by, combination, strict=True)),
            **{status: groups.get((code, *combination), {}).get(status, NONE) for status in STATUSES},
        }
        for code in codes
        for combination in _combinations(by, occurring[code], programmes)
    ]


def _combinations(
    by: tuple[str, ...], occurring: set[tuple[str, ...]], programmes: Sequence[str]
) -> list[tuple[str | None, ...]]:
    """A region's rows; without any claim it has one of each programme and segment, whose month is None."""
    every: dict[str, Sequence[str]] = {"programme": programmes, "segment": SEGMENTS}
    values: list[Sequence[str | None]] = []
    for at, dimension in enumerate(by):
        found = {combination[at] for combination in occurring}
        known = every.get(dimension, ())
        values.append([*known, *sorted(found - set(known))] or [None])
    return list(product(*values))


def _csv(region: str, by: tuple[str, ...], rows: list[dict[str, Any]]) -> Response:
    columns = [(status, name) for status in STATUSES for name in NONE]
    header = ["region", "name", *by, *(f"{status}_{name}" for status, name in columns)]
    lines = [[row[name] for name in ("region", "name", *by)] + [row[s][name] for s, name in columns] for row in rows]
    return spreadsheet.answer(f"claims-{region}", header, lines)
