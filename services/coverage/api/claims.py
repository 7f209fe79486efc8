"""GET /v1/claims: how many were filed, paid and rejected, how much was paid, after which tenure."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from itertools import product
from typing import Any

import asyncpg
import msgspec
from fastapi import APIRouter, Depends, Request, Response

from services.coverage import protection
from services.coverage.api import freshness, parameters, spreadsheet
from services.coverage.cells import SEGMENTS
from services.coverage.queries import queries
from services.coverage.selection import Selection
from services.coverage.snapshot import snapshot
from shared.downloads import dialect_of
from shared.jakarta import today
from shared.regions import Regions
from shared.security import principal_of, require

router = APIRouter(prefix="/v1", tags=["claims"], dependencies=[Depends(require("read"))])

DIMENSIONS = ("programme", "segment", "month")
STATUSES = ("filed", "paid", "rejected")
MAX_ROWS = 20_000
"""Where all combinations would be more rows, a region has those that occur in it."""
NONE = {"count": 0, "amount": 0, "median_tenure": None}
SUPPRESSED = dict.fromkeys(NONE)

PARAMETERS = parameters.accepts("region", "level", "by", *parameters.DAYS, "known_at", "format", by=DIMENSIONS)


@router.get("/claims", summary="Claims by their current status", **PARAMETERS)
async def claims(request: Request) -> Response:
    """How many were filed, paid and rejected, of those that occurred up to `as_of`; `month` is the occurrence's.

    Without the right `figures:detail` a row that could disclose a count from 1 to 4 has null for its figures, and
    `suppressed`: true.
    """
    region = parameters.region(request)
    by, form = parameters.by(request, DIMENSIONS), parameters.table_form(request)
    level, known_at = parameters.level(request, region), parameters.known_at(request)
    found = await claims_of(request, Selection(region, level, by, parameters.as_of(request, today()), known_at))
    if form:
        header, lines = await asyncio.to_thread(_table, by, found["rows"])
        name = f"claims-{region}"
        return await asyncio.to_thread(spreadsheet.answer, name, header, lines, form, dialect_of(request))
    return Response(await asyncio.to_thread(msgspec.json.encode, found), media_type="application/json")


async def claims_of(request: Request, selection: Selection) -> dict[str, Any]:
    """The answer as the caller may see it, with `rows`."""
    by, as_of, known_at = selection.by, selection.as_of, selection.known_at
    head: dict[str, Any] = {
        "region": selection.region,
        "as_of": as_of.isoformat(),
        "level": parameters.level_asked(request),
        "known_at": parameters.known_at_text(known_at),
        "by": list(by),
    }
    regencies, codes = _places(selection.region, selection.level)
    is_detailed = (await principal_of(request)).may(protection.DETAIL)
    async with snapshot(request) as seen:
        found = await seen.db.fetch(queries["claims"], regencies, codes, known_at, list(by), as_of)
        national = [] if is_detailed else await seen.db.fetch(queries["claim_counts"], known_at, list(by[:1]), as_of)
        head["stale"] = await seen.once("stale", freshness.stale)
    programmes = request.app.state.settings.programmes

    def rows_shown() -> list[dict[str, Any]]:
        counts = {(row["region"], row["value"], row["status"]): row["count"] for row in national}
        hidden = protection.suppressed_claims(counts, STATUSES, by)
        groups: dict[tuple[Any, ...], dict[str, Any]] = defaultdict(dict)
        for row in found:
            if row["region"] in hidden:
                continue
            key = (row["region"], *(row[dimension] for dimension in by))
            groups[key][row["status"]] = _figures(row)
        return _rows(Regions.load().children(selection.region, selection.level), by, groups, programmes, hidden)

    return head | {"rows": await asyncio.to_thread(rows_shown)}


def _figures(row: asyncpg.Record) -> dict[str, Any]:
    """One status of one row; the amount a whole number of any size."""
    return {"count": row["count"], "amount": int(row["amount"]), "median_tenure": row["median_tenure"]}


def _places(region: str, level: str) -> tuple[list[str], list[str]]:
    """The regencies within, and beside each the region of the level that it belongs to."""
    regions = Regions.load()
    pairs = [(inner, code) for code in regions.children(region, level) for inner in regions.regencies(code)]
    return [inner for inner, _ in pairs], [code for _, code in pairs]


def _rows(
    codes: list[str],
    by: tuple[str, ...],
    groups: dict[tuple[Any, ...], dict[str, Any]],
    programmes: Sequence[str],
    hidden: set[str],
) -> list[dict[str, Any]]:
    """Each region with each programme and segment asked for, also with zeros, in each month in which it has claims."""
    occurring: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for code, *combination in groups:
        occurring[code].add(tuple(combination))
    combinations = {code: _combinations(by, occurring[code], programmes) for code in codes}
    if sum(map(len, combinations.values())) > MAX_ROWS:
        combinations = {code: sorted(occurring[code]) or _combinations(by, set(), programmes)[:1] for code in codes}
    return [
        {
            "region": code,
            "name": Regions.load()[code].name,
            **dict(zip(by, combination, strict=True)),
            **{
                status: SUPPRESSED if code in hidden else groups.get((code, *combination), {}).get(status, NONE)
                for status in STATUSES
            },
            **({"suppressed": True} if code in hidden else {}),
        }
        for code in codes
        for combination in combinations[code]
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


def _table(by: tuple[str, ...], rows: list[dict[str, Any]]) -> tuple[list[str], list[list[Any]]]:
    """(header, lines)"""
    columns = [(status, name) for status in STATUSES for name in NONE]
    header = ["region", "name", *by, *(f"{status}_{name}" for status, name in columns), "suppressed"]
    lines = [
        [row[name] for name in ("region", "name", *by)]
        + [row[s][name] for s, name in columns]
        + ["true" if row.get("suppressed") else None]
        for row in rows
    ]
    return header, lines
