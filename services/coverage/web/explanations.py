"""Two pages about a figure: what changed it between two days or two times of knowledge, and what it is made of."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import Depends, Request
from starlette.responses import Response

from services.coverage.api import changes, explain, parameters
from services.coverage.selection import Selection
from services.coverage.web import words
from services.coverage.web.question import LEVELS
from shared.jakarta import ZONE, today
from shared.regions import Region, Regions
from shared.security import Principal, require
from shared.web.pages import SignedIn, pages

router = pages()

Reader = Annotated[Principal, Depends(require("read"))]
OF_CHANGES: Final = ("region", "level", *changes.AXES)
OF_EXPLAIN: Final = ("region", "as_of", "known_at")
_WITHOUT_ZONE: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?")


@router.get("/changes", dependencies=[parameters.only(*OF_CHANGES)])
async def what_changed(page: SignedIn, principal: Reader) -> Response:
    """What moved the figures of a region, or of those below it, by cause."""
    if (clean := _clean(page.request)) is not None:
        return page.go_to(_address("/changes", clean))
    interval = changes.interval_of(page.request)
    found = await changes.changes_of(page.request, interval)
    region = Regions.load()[interval.end.region]
    return page.render(
        "changes.html",
        found=found,
        region=region,
        is_by_day=interval.is_by_day,
        level=interval.end.level,
        levels=LEVELS[region.level],
        shown={side: _moved(found, side) for side in ("listed", "enrolled")},
        home=_address("/", {"region": region.code, "as_of": found["to"] or found["as_of"]}),
        known_from_field=_field(found["known_from"]),
        known_to_field=_field(found["known_to"]) if page.request.query_params.get("known_to") else "",
        words={"levels": words.levels(page.language), "causes": words.causes(page.language)},
        **_other_axis(region, found),
    )


@router.get("/explain", dependencies=[parameters.only(*OF_EXPLAIN)])
async def what_makes_it(page: SignedIn, principal: Reader) -> Response:
    """Which lists, agencies and months make a region's figure."""
    asked = page.request
    day, known_at = parameters.as_of(asked, today()), parameters.known_at(asked)
    selection = Selection(parameters.region(asked), "self", (), day, known_at)
    found = await explain.explanation_of(asked, selection)
    given = {name: asked.query_params.get(name, "") for name in OF_EXPLAIN}
    return page.render("explain.html", found=found, home=_address("/", given))


def _moved(found: Mapping[str, Any], side: str) -> list[str]:
    """The causes that moved any of the figures, or may have."""
    names = found["rows"][0][side]["causes"] if found["rows"] else ()
    return [name for name in names if any(row[side]["causes"][name] != 0 for row in found["rows"])]


def _other_axis(region: Region, found: Mapping[str, Any]) -> dict[str, Any]:
    """The same figures by days, and by times of knowledge."""
    day = found["to"] or found["as_of"]
    month_ago = datetime.fromisoformat(day) - timedelta(30)
    known_from = found["known_from"] or f"{found['from']}T23:59:59+07:00"
    return {
        "by_day": _address(
            "/changes", {"region": region.code, "from": found["from"] or month_ago.date().isoformat(), "to": day}
        ),
        "by_knowledge": _address("/changes", {"region": region.code, "as_of": day, "known_from": known_from}),
    }


def _clean(request: Request) -> dict[str, str] | None:
    """What a form sent without its empty fields, its times with Jakarta's zone; None where that is what it sent."""
    given = dict(request.query_params)
    clean = {name: f"{text}+07:00" if _WITHOUT_ZONE.fullmatch(text) else text for name, text in given.items() if text}
    return None if clean == given else clean


def _address(path: str, given: Mapping[str, str]) -> str:
    return f"{path}?{urlencode({name: text for name, text in given.items() if text})}"


def _field(moment: str | None) -> str:
    """A time as a form's field has it, in Jakarta."""
    return "" if moment is None else datetime.fromisoformat(moment).astimezone(ZONE).strftime("%Y-%m-%dT%H:%M:%S")
