"""The first page: a region's figure with its parts, sources and freshness; the nation where none is asked for."""

from functools import partial
from typing import Annotated, Final, NamedTuple
from urllib.parse import urlencode

from fastapi import Depends
from starlette.responses import Response

from services.coverage.api import figures, parameters
from services.coverage.selection import Selection
from services.coverage.web import words
from shared.jakarta import today
from shared.regions import NATION, Region, Regions
from shared.security import Principal, require
from shared.web.pages import Page, SignedIn, pages

router = pages()

BELOW: Final = {"national": "kanwil", "kanwil": "province", "province": "regency"}
"""The level of a region → the one of the table beside it."""


class Place(NamedTuple):
    """A region, and its page on the same day."""

    name: str
    address: str


@router.get("/", dependencies=[parameters.only("region", "as_of", "known_at")])
async def home(page: SignedIn, principal: Annotated[Principal, Depends(require("read"))]) -> Response:
    """The region and those one level below it, on a day, as known at a time."""
    asked, regions = page.request, Regions.load()
    region = regions[parameters.region(asked)]
    day, known_at = parameters.as_of(asked, today()), parameters.known_at(asked)
    level = BELOW.get(region.level)
    found = await figures.figures_of(asked, Selection(region.code, "self", (), day, known_at))
    below = await figures.figures_of(asked, Selection(region.code, level, (), day, known_at)) if level else {"rows": []}
    return page.render(
        "home.html",
        figures=found,
        whole=found["rows"][0],
        level=level,
        below=[(row, _address(page, row["region"])) for row in below["rows"]],
        hides_figures=any(row.get("suppressed") for row in (*found["rows"], *below["rows"])),
        above=[_place(page, each) for each in _above(region, regions)],
        own=[_place(page, regions[code]) for code in principal.regions if code != region.code and regions.get(code)],
        measures=words.measures(page.language),
        source=partial(words.source, page.language),
        flags=words.flags(page.language),
    )


def _above(region: Region, regions: Regions) -> list[Region]:
    """The nation, the regional office and the province that the region lies in."""
    if region.code == NATION:
        return []
    codes = (NATION, region.kanwil, region.parent)
    return [regions[code] for code in dict.fromkeys(codes) if code is not None and code != region.code]


def _place(page: Page, region: Region) -> Place:
    return Place(region.name, _address(page, region.code))


def _address(page: Page, code: str) -> str:
    """The region's page on the day and as known at the time that this page is about."""
    given = {name: page.request.query_params.get(name) for name in ("as_of", "known_at")}
    return "/?" + urlencode({"region": code} | {name: text for name, text in given.items() if text})
