"""The page of figures: map, table, a region with its sources; its table as a download, its map as SVG."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any, Literal, NamedTuple
from urllib.parse import urlencode

from fastapi import Depends, Request
from starlette.responses import Response

from services.coverage import boundaries, series
from services.coverage.api import parameters, spreadsheet
from services.coverage.figures import Dimensions
from services.coverage.web import question, rate_classes, report, table, tile_map, trend, visitors, words
from services.coverage.web.question import FILTERS, LEVELS, NAMES, Question
from services.coverage.web.visitors import VISITOR, Reader
from shared.downloads import dialect_of
from shared.jakarta import ZONE
from shared.regions import NATION, Region, Regions
from shared.security import Principal
from shared.web.pages import AnyPage, Page, pages

router = pages()

ONLY = [parameters.only(*NAMES)]


class Place(NamedTuple):
    """A region, and its page on the same day."""

    name: str
    address: str


async def asked(request: Request, principal: Reader) -> Question:
    """What the page is about; a visitor who may not see that is led to the sign-in."""
    return visitors.shown_to(principal, question.read(request, request.app.state.settings.programmes))


Asked = Depends(asked)


@router.get("/", dependencies=ONLY)
async def home(page: AnyPage, principal: Reader, about: Question = Asked) -> Response:
    """A region and those below it, on a day, as known at a time."""
    if not all(page.request.query_params.values()):  # a form sends its empty fields too
        return page.go_to(about.address())
    found = await report.report(page.request, about)
    return page.render("home.html", **_context(page, principal, about), **_found(page, about, found))


@router.get("/table.{form}", dependencies=ONLY)
async def table_download(page: AnyPage, form: Literal["csv", "xlsx"], about: Question = Asked) -> Response:
    """The page's table, in its order."""
    lines, _ = await report.table_of(page.request, about)
    known_at = parameters.known_at_text(about.known_at) or ""
    rows = table.cells(lines, about.as_of.isoformat(), known_at)
    name = f"coverage-{about.region.code}-{about.level}-{about.as_of}"
    answer = await asyncio.to_thread(spreadsheet.answer, name, table.HEADER, rows, form, dialect_of(page.request))
    answer.headers["cache-control"] = "no-store"
    return answer


@router.get("/map.svg", dependencies=ONLY)
async def map_download(page: AnyPage, about: Question = Asked) -> Response:
    """The page's map by itself."""
    rows = await report.rows_of_map(page.request, about)
    known_at = parameters.known_at_text(about.known_at)
    head = {"as_of": about.as_of.isoformat(), "known_at": known_at, "updated_at": None}
    drawn = page.render("map.svg.html", alone=True, about=about, head=head, **_map(page, about, rows))
    named = {"content-disposition": f'inline; filename="map-{about.as_of}.svg"'}
    return Response(
        drawn.body, media_type="image/svg+xml", headers={**page.site.headers(), **_encoding(drawn), **named}
    )


@router.get("/trend.svg", dependencies=ONLY)
async def trend_download(page: AnyPage, about: Question = Asked) -> Response:
    """The region's months by themselves."""
    found = await report.by_months(page.request, about, "self")
    return _svg(page, page.render("trend.svg.html", alone=True, about=about, **_trend(page, about, found)), "trend")


@router.get("/trends", dependencies=ONLY)
async def trends(page: AnyPage, principal: Reader, about: Question = Asked) -> Response:
    """The months of the regions below, side by side on one scale."""
    if about.level is None:
        raise parameters.wrong("region", "a region with others below it")
    found = await report.by_months(page.request, about, about.level)
    rates: dict[str, list[float | None]] = {}
    for row in found["rows"]:
        rates.setdefault(row["region"], []).append(row["rate"])
    newest = {row["region"]: row for row in found["rows"]}
    top = trend.scale([rate for each in rates.values() for rate in each])
    regions = [
        {
            "code": code,
            "name": Regions.load()[code].name,
            "paths": trend.spark(each, top),
            "first": each[0],
            "last": each[-1],
            "row": newest[code],
        }
        for code, each in rates.items()
    ]
    return page.render(
        "trends.html", about=about, series=found, regions=regions, top=top, csv=_csv(about),
        is_visitor=principal is VISITOR, names_of_filters=_names_of_filters(page, about),
    )  # fmt: skip


def _svg(page: Page, drawn: Response, name: str) -> Response:
    named = {"content-disposition": f'inline; filename="{name}.svg"'}
    return Response(
        drawn.body, media_type="image/svg+xml", headers={**page.site.headers(), **_encoding(drawn), **named}
    )


def _explanations(about: Question) -> dict[str, str | None]:
    """Where it is told what makes the region's figure and what changed it; what was learned later, of a kept page."""
    code, day = about.region.code, about.as_of.isoformat()
    known_at = {} if about.known_at is None else {"known_at": parameters.known_at_text(about.known_at)}
    learned = (
        _query("/changes", {"region": code, "as_of": day, "known_from": known_at["known_at"]}) if known_at else None
    )
    return {
        "explained": _query("/explain", {"region": code, "as_of": day, **known_at}),
        "changed": _query("/changes", {"region": code, "from": about.month_before.isoformat(), "to": day, **known_at}),
        "learned": learned,
    }


def _trend(page: Page, about: Question, found: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "chart": trend.chart(found["rows"]),
        "series": found,
        "names_of_filters": _names_of_filters(page, about),
    }


def _csv(about: Question) -> dict[str, str]:
    """What the JSON routes answer for a page's parts, as CSV."""
    months = series.months(series.months_before(about.as_of, report.MONTHS - 1), about.as_of)
    bounds = {"from": months[0].name, "to": months[-1].name, **about.filters}
    known = {"known_at": parameters.known_at_text(about.known_at)} if about.known_at is not None else {}
    edition = {"boundaries": boundaries.EDITIONS[0]} if about.is_former else {}
    part = {"region": about.region.code, "format": "csv", **known, **edition}
    below = {"level": about.level} if about.level else {}
    return {
        "series": _query("/v1/coverage/series", part | bounds),
        "series_below": _query("/v1/coverage/series", part | bounds | below),
        **{
            split: _query("/v1/coverage", {**part, "as_of": about.as_of.isoformat(), "by": split, **about.filters})
            for split in report.SPLITS
        },
    }


def _query(path: str, given: Mapping[str, Any]) -> str:
    return f"{path}?{urlencode(given)}"


def _names_of_filters(page: Page, about: Question) -> list[str]:
    return [_values(page, name)[value] for name, value in about.filters.items()]


def _encoding(answer: Response) -> dict[str, str]:
    return {name: answer.headers[name] for name in ("content-encoding",) if name in answer.headers}


def _context(page: Page, principal: Principal, about: Question) -> dict[str, Any]:
    """What is asked, and what else can be."""
    regions = Regions.load()
    is_visitor = principal is VISITOR
    return {
        "about": about,
        "above": [_place(about, each) for each in _above(about.region, regions)],
        "own": [_place(about, regions[code]) for code in _others_own(principal, about.region.code)],
        "levels": [(each, about.address(level=each, sort=None)) for each in _levels(about, is_visitor)],
        "choices": _choices(about, is_visitor, regions),
        "filters": {name: _values(page, name) for name in FILTERS},
        "known_at_field": _field(about.known_at),
        "is_visitor": is_visitor,
        "is_live": about.known_at is None and not is_visitor,
        "inside": " ".join(sorted({code[:2] for code in regions.regencies(about.region.code)})),
        "words": {
            "levels": words.levels(page.language),
            "values": words.values(page.language),
            "dimensions": words.dimensions(page.language),
            "measures": words.measures(page.language),
            "flags": words.flags(page.language),
            "states": words.states(page.language),
            "source": partial(words.source, page.language),
        },
    }


def _found(page: Page, about: Question, found: report.Report) -> dict[str, Any]:
    """The figures, and where each leads."""
    silent = sorted(found.head["freshness"], key=lambda each: (each["silent"], each["silent_for"] or 0), reverse=True)
    return {
        "found": found,
        "head": found.head,
        "whole": found.whole,
        "apart": found.apart,
        "targets": found.whole["targets"],
        "sorts": {name: about.address(sort=table.toggled(about.sort, name)) + "#table" for name in table.SORTS},
        "agencies": silent,
        "permalink": about.address(as_of=found.head["as_of"], known_at=found.head["known_at"]),
        "alone": False,
        "csv": _csv(about),
        **_explanations(about),
        **_trend(page, about, found.series),
        **_map(page, about, found.map_rows),
    }


def _map(page: Page, about: Question, rows: list[report.Row] | Any) -> dict[str, Any]:
    return {
        "shapes": tile_map.shapes(rows),
        "size": tile_map.SIZE,
        "classes": rate_classes.bounds(),
        "marked": _marked(about.region),
        "is_selective": about.region.code != NATION,
        "names_of_filters": _names_of_filters(page, about),
    }


def _marked(region: Region) -> set[str]:
    """The tiles that the region lies in or has."""
    return {region.code, *(code[:2] for code in Regions.load().regencies(region.code))} - {NATION}


def _levels(about: Question, is_visitor: bool) -> list[str]:
    return [each for each in LEVELS[about.region.level] if not (is_visitor and each == "regency")]


def _choices(about: Question, is_visitor: bool, regions: Regions) -> list[tuple[str, list[Region]]]:
    """The regions to choose from, by level: regencies only of the province that the page is about."""
    province = about.region.code[:2]
    found = {level: [each for each in regions if each.level == level] for level in ("kanwil", "province", "regency")}
    near = [each for each in found["regency"] if each.parent == province]
    return [("kanwil", found["kanwil"]), ("province", found["province"]), ("regency", [] if is_visitor else near)]


def _values(page: Page, name: str) -> dict[str, str]:
    """The values of a filter in words."""
    shown = Dimensions(page.request.app.state.settings.programmes).values(name)
    known = words.values(page.language)[name]
    return {value: known[value] for value in shown}


def _field(second: int | None) -> str:
    """A second as a form's field for times has it, in Jakarta."""
    return "" if second is None else datetime.fromtimestamp(second, ZONE).strftime("%Y-%m-%dT%H:%M:%S")


def _others_own(principal: Principal, shown: str) -> list[str]:
    return [code for code in principal.regions if code != shown and Regions.load().get(code)]


def _above(region: Region, regions: Regions) -> list[Region]:
    """The nation, the regional office and the province that the region lies in."""
    if region.code == NATION:
        return []
    codes = (NATION, region.kanwil, region.parent)
    return [regions[code] for code in dict.fromkeys(codes) if code is not None and code != region.code]


def _place(about: Question, region: Region) -> Place:
    return Place(region.name, about.about(region.code))
