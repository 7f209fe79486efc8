"""GET /v1/coverage: who is listed, who is enrolled, on any day, as known at any time."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import asyncpg
import msgspec
from fastapi import APIRouter, Depends, Request, Response

from services.coverage import boundaries, denominators, figures, progress, protection
from services.coverage.api import cooperatives, freshness, parameters, spreadsheet
from services.coverage.denominators import PublishedDenominator
from services.coverage.figures import Combination, Dimensions, Tally
from services.coverage.protection import Protection
from services.coverage.published_denominators import published_denominators
from services.coverage.selection import RegionOfCell, Selection
from services.coverage.snapshot import Snapshot, snapshot
from services.coverage.sums import channel_sums
from services.coverage.targets import Found, targets_with_progress
from shared.downloads import dialect_of
from shared.jakarta import today
from shared.regions import NATION, Regions
from shared.security import Principal, principal_of, require

router = APIRouter(prefix="/v1", tags=["coverage"], dependencies=[Depends(require("read"))])

PARAMETERS = parameters.accepts(
    "region",
    "level",
    "by",
    *parameters.FILTERS,
    *parameters.DAYS,
    "known_at",
    "boundaries",
    "cooperative",
    "format",
    by=figures.DIMENSIONS,
)


@router.get("/coverage", summary="Coverage by region and dimension, as of a day, as known at a time", **PARAMETERS)
async def coverage(request: Request) -> Response:
    """Who is listed, who of them is enrolled, and how many workers they have.

    Every region of the level has a row for each combination of the dimensions, or for those that occur in it where all
    would be more than 20,000 rows; at least one. Without the right `figures:detail` a row that could disclose a count
    from 1 to 4 has null for it, and `suppressed`: true.
    """
    selection, form = _selection(request), parameters.table_form(request)
    found = await figures_of(request, selection)
    if form:
        header, lines = await asyncio.to_thread(_table, selection, found)
        of_cooperative = "" if selection.cooperative is None else f"-{selection.cooperative}"
        name = f"coverage-{selection.region}{of_cooperative}-{selection.as_of}"
        return await asyncio.to_thread(spreadsheet.answer, name, header, lines, form, dialect_of(request))
    return Response(await asyncio.to_thread(msgspec.json.encode, found), media_type="application/json")


async def figures_of(request: Request, selection: Selection) -> dict[str, Any]:
    """The answer as the caller may see it, with `rows`."""
    known_at = parameters.known_at_text(selection.known_at)
    dimensions = Dimensions(request.app.state.settings.programmes)
    codes = selection.codes
    principal = await principal_of(request)
    is_detailed = principal.may(protection.DETAIL)
    async with snapshot(request) as seen:
        db = seen.db
        selection = await _answering(db, principal, selection)
        sums = await seen.selected_sums(selection)
        channel = None if selection.cooperative is None else await channel_sums(db, selection)
        rules = None if is_detailed else await _protection(seen, selection, dimensions)
        about = selection.known_at, *codes
        published = await seen.once(
            ("published", *about), lambda db: published_denominators(db, codes, selection.known_at)
        )
        agencies = await seen.once("agencies", freshness.agencies)
        updated_at, stale = freshness.updated_at(agencies), await seen.once("stale", freshness.stale)
        targets: dict[str, list[Found]] = {}
        if not selection.cooperative:
            named = "targets", selection.as_of, selection.is_former, *about
            targets = await seen.once(named, lambda db: targets_with_progress(db, selection, codes))
    head = {
        "region": selection.region,
        "level": parameters.level_asked(request),
        "by": list(selection.by),
        "as_of": selection.as_of.isoformat(),
        "known_at": known_at,
        "boundaries": boundaries.EDITIONS[0 if selection.is_former else 1],
        "updated_at": updated_at,
        "stale": stale,
        "freshness": agencies,
    } | ({} if selection.cooperative is None else {"cooperative": selection.cooperative})

    def rows_shown() -> list[dict[str, Any]]:
        tallies = figures.tallies(sums, selection.by, RegionOfCell(selection), dimensions)
        shown = [key for key in tallies if rules is None or not rules.is_split_suppressed(key[0])]
        shown_targets = {code: _targets(found, selection, updated_at, rules) for code, found in targets.items()}
        rows = _rows(selection, tallies, shown, dimensions, codes, published, shown_targets)
        if channel is not None:
            through = figures.tallies(channel, selection.by, RegionOfCell(selection), dimensions)
            rows = [_with_through(row, selection, through) for row in rows]
        return rows if rules is None else [protection.protected_row(row, selection.by, rules) for row in rows]

    return head | {"rows": await asyncio.to_thread(rows_shown)}


def _selection(request: Request) -> Selection:
    region = parameters.region(request)
    only = parameters.chosen(request, Dimensions(request.app.state.settings.programmes).values)
    return Selection(
        region,
        parameters.level(request, region),
        tuple(dict.fromkeys((*parameters.by(request, figures.DIMENSIONS), *only))),
        parameters.as_of(request, today()),
        parameters.known_at(request),
        request.query_params.get("cooperative") or None,
        only,
        parameters.is_former(request, region),
    )


async def _answering(db: asyncpg.Connection, principal: Principal, selection: Selection) -> Selection:
    """The selection with the id that answered for its cooperative at that time."""
    if selection.cooperative is None:
        return selection
    answering = await cooperatives.answering(db, principal, selection.cooperative, selection.known_at)
    return replace(selection, cooperative=answering)


async def _protection(seen: Snapshot, selection: Selection, dimensions: Dimensions) -> Protection:
    """Decided by every regency, whatever part of the nation was asked for."""
    if selection.cooperative is None:
        rules = await _national_protection(seen, selection, dimensions)
        return rules.of_former() if selection.is_former else rules
    sums = await seen.cell_sums(figures.mask(selection.by, True), selection.as_of, selection.known_at)
    nation = replace(selection, region=NATION, level="regency")
    part, channel = await channel_sums(seen.db, nation, through=False), await channel_sums(seen.db, nation)
    return await asyncio.to_thread(protection.part_protection, part, channel, sums, selection.by, dimensions)


async def _national_protection(seen: Snapshot, selection: Selection, dimensions: Dimensions) -> Protection:
    """Decided once for all of a page that is about one day: without a split, then for each split."""

    async def decide(_: asyncpg.Connection) -> Protection:
        whole = await _national_protection(seen, replace(selection, by=()), dimensions) if selection.by else None
        sums = await seen.cell_sums(figures.mask(selection.by, True), selection.as_of, selection.known_at)
        return await asyncio.to_thread(protection.protection, sums, selection.by, dimensions, whole)

    return await seen.once(("protection", selection.by, selection.as_of, selection.known_at), decide)


def _with_through(
    row: dict[str, Any], selection: Selection, through: dict[tuple[str, Combination], Tally]
) -> dict[str, Any]:
    tally = through.get((row["region"], tuple(row[name] for name in selection.by))) or Tally()
    return cooperatives.with_through(row, tally.enrolled, tally.enrolled_workers[0])


def _rows(
    selection: Selection,
    tallies: dict[tuple[str, Combination], Tally],
    shown: Sequence[tuple[str, Combination]],
    dimensions: Dimensions,
    codes: Sequence[str],
    published: dict[str, list[PublishedDenominator]],
    targets: dict[str, list[dict[str, Any]]],
) -> list[dict[str, Any]]:
    """Each region of the level, also with zeros, with each combination, or those that occur in it if all are many."""
    regions = Regions.load()
    return [
        {
            "region": code,
            "name": regions[code].name,
            **dict(zip(selection.by, combination, strict=True)),
            **figures.row(tally, selection.by),
            "denominators": _denominators(published[code], selection, combination, tally),
            "targets": targets.get(code, []),
        }
        for code, each in figures.combinations(selection.by, shown, codes, dimensions).items()
        for combination in each
        if selection.includes(combination)
        for tally in (tallies.get((code, combination)) or Tally(),)
    ]


def _denominators(
    published: list[PublishedDenominator], selection: Selection, combination: Combination, tally: Tally
) -> list[dict[str, Any]]:
    """Only beside whole regions and kinds: nobody published how many there are of other parts."""
    if selection.by not in ((), ("kind",)):
        return []
    kind = combination[0] if combination else None
    return denominators.evaluate(published, tally.numerators, selection.as_of, kind, is_former=selection.is_former)


def _targets(
    found: Sequence[Found], selection: Selection, updated_at: str | None, rules: Protection | None
) -> list[dict[str, Any]]:
    """A region's targets, each by itself."""
    shown = []
    for target, started in found:
        each = progress.as_json(target, started, selection.as_of, updated_at)
        is_hidden = rules is not None and rules.hides_progress(target.region, started.partners, each["progress"])
        shown.append(progress.without_progress(each) if is_hidden else each)
    return shown


def _table(selection: Selection, found: dict[str, Any]) -> tuple[list[str], list[list[Any]]]:
    """(header, lines)"""
    rows = found["rows"]
    plain = ["region", "name", *selection.by, "listed", "enrolled", "unregistered", "rate"]
    levels = [f"{name}_{side}" for name in figures.JOB_LEVELS for side in ("listed", "enrolled")]
    beside = [*_columns(rows, "denominators", DENOMINATOR), *_columns(rows, "targets", TARGET)]
    header = [*plain, "workers_listed", "workers_unknown", "workers_enrolled", *levels]
    header += [name for name, _ in beside]
    header += ["as_of", "known_at", "updated_at", "freshness", "suppressed"]
    header += [] if selection.cooperative is None else ["cooperative", "through_enrolled", "through_workers"]
    last_events = "; ".join(f"{each['agency']} {each['last_event'] or '-'}" for each in found["freshness"])
    lines = []
    for row in rows:
        workers = row["workers"]
        line = [row[name] for name in plain]
        line += [workers["listed"], workers["unknown"], workers["enrolled"]]
        line += [workers["by_level"][name][side] for name in figures.JOB_LEVELS for side in ("listed", "enrolled")]
        line += [value_of(row) for _, value_of in beside]
        line += [found["as_of"], found["known_at"], found["updated_at"], last_events]
        line += ["true" if row.get("suppressed") else None]
        if (through := row.get("through")) is not None:
            line += [selection.cooperative, through["enrolled"], through["workers"]]
        lines.append(line)
    return header, lines


DENOMINATOR = ("measure", "numerator", "value", "rate", "as_of", "source", "flags")
TARGET = ("agency", "measure", "value", "from", "until", "list", "source", "progress", "rate", "state", "projected_on")


def _columns(
    rows: Sequence[dict[str, Any]], of: str, names: Sequence[str]
) -> list[tuple[str, Callable[[dict[str, Any]], Any]]]:
    """The columns of what stands beside a row, as many times as any row has of it, with how to fill each."""
    most = max((len(row[of]) for row in rows), default=0)

    def filled(number: int, name: str) -> Callable[[dict[str, Any]], Any]:
        return lambda row: _cell(row[of][number][name]) if number < len(row[of]) else None

    return [(f"{of[:-1]}_{number + 1}_{name}", filled(number, name)) for number in range(most) for name in names]


def _cell(value: Any) -> Any:
    return " ".join(value) if isinstance(value, list) else value
