"""Query parameters, read strictly: a refusal names what is wrong and what is allowed."""

import re
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from fastapi import Depends, Request

from services.coverage import boundaries, series
from services.coverage.series import Month
from services.coverage.timelines import EPOCH, FIRST_DAY, LAST_DAY
from shared import query_parameters
from shared.downloads import FORMS, MEDIA_TYPES, Form
from shared.jakarta import OFFSET_SECONDS
from shared.problems import Problem, not_found
from shared.regions import NATION, RegionError, Regions

LEVELS = ("kanwil", "province", "regency", "self")
MOST_MONTHS = 120
LAST_YEAR = 2258
BREADTH = {"national": 0, "kanwil": 1, "province": 2, "regency": 3}

DESCRIBED: dict[str, tuple[str, dict[str, Any]]] = {
    "region": (
        "Code or official name of the region asked about.",
        {"type": "string", "default": "ID", "examples": ["33.11", "Kota Tangerang"]},
    ),
    "level": (
        "One row for each region of this level within the region; `self`: the region as a whole. A level above the "
        "region's own is refused.",
        {"type": "string", "enum": list(LEVELS), "default": "self"},
    ),
    "as_of": (
        "The figures of this day, from 1900 to 2258; today in Jakarta when not given.",
        {"type": "string", "format": "date"},
    ),
    "month": ("The figures of this month's last day, instead of `as_of`.", {"type": "string", "examples": ["2026-10"]}),
    "quarter": (
        "The figures of this quarter's last day, instead of `as_of`.",
        {"type": "string", "examples": ["2026-Q3"]},
    ),
    "from": (
        "The first month, or a day of it; eleven months before `to` when not given.",
        {"type": "string", "examples": ["2026-01"]},
    ),
    "to": (
        "The last month, or a day of it; the present one when not given. At most 120 months, from 1900 to 2257.",
        {"type": "string", "examples": ["2026-12"]},
    ),
    "programme": ("Only these programmes, with commas between them; `by` has the dimension then.", {"type": "string"}),
    "segment": ("Only these segments, likewise.", {"type": "string", "examples": ["PU"]}),
    "kind": ("Only these kinds of partners, likewise.", {"type": "string", "examples": ["cooperative,business"]}),
    "known_at": (
        "By what was recorded up to and including this instant: a time with its zone, or a date, which means its end "
        "in Jakarta; now when not given.",
        {"type": "string", "examples": ["2026-01-31T12:00:00+07:00", "2026-01-31"]},
    ),
    "boundaries": (
        "The provinces of Papua as they were before November 2022 (`2021`: 91 and 92) or since (91 to 96).",
        {"type": "string", "enum": list(boundaries.EDITIONS), "default": boundaries.EDITIONS[-1]},
    ),
    "cursor": ("The `next_cursor` of the page before.", {"type": "string", "format": "uuid"}),
    "cooperative": (
        "The id of a cooperative: only its members count, and `through` has those who were enrolled through it, "
        "members or not. An agency may ask about cooperatives on its own lists.",
        {"type": "string", "format": "uuid"},
    ),
    "format": (
        "`xlsx` is a workbook, `csv` a table for a program, or, where `Accept-Language` prefers Indonesian, for a "
        "spreadsheet in Indonesia (`;`, decimal comma). `Accept` with the media type does the same.",
        {"type": "string", "enum": ["json", *FORMS]},
    ),
}
"""Query parameter → its meaning and its JSON Schema; `by` differs by route."""


def accepts(
    *names: str, by: Iterable[str], own: Mapping[str, tuple[str, dict[str, Any]]] | None = None
) -> dict[str, Any]:
    """What a route's decorator needs to describe its query parameters to clients, and to refuse all others; `own`: what
    the route says of some of them itself."""
    split = {"type": "array", "items": {"type": "string", "enum": list(by)}, "uniqueItems": True}
    described = DESCRIBED | {"by": ("Dimensions that split each region's row, with commas between them.", split)}
    described |= own or {}
    parameters = [
        {"name": name, "in": "query", "required": False, "description": text, "schema": schema}
        | ({"style": "form", "explode": False} if name == "by" else {})
        for name, (text, schema) in ((name, described[name]) for name in names)
    ]
    tables = {
        "text/csv": {"schema": {"type": "string"}},
        MEDIA_TYPES["xlsx"]: {"schema": {"type": "string", "format": "binary"}},
    }
    csv = {"description": "The rows", "content": tables}
    refused = {"description": "A parameter is wrong: `field` names it, `allowed` is what it may be"}
    return {
        "openapi_extra": {"parameters": parameters, "responses": {"200": csv, "422": refused}},
        "dependencies": [Depends(_no_other_than(names))],
    }


def only(*names: str) -> Any:
    """A page's dependency that refuses all other query parameters."""
    return Depends(_no_other_than(names))


def _no_other_than(names: tuple[str, ...]) -> Callable[[Request], Awaitable[None]]:
    async def check(request: Request) -> None:
        query_parameters.refuse_unknown(list(request.query_params), names)
        given = (name for name, _ in request.query_params.multi_items())
        query_parameters.refuse_repeated(name for name in given if name != "by")

    return check


def wrong(name: str, allowed: str | Iterable[str]) -> Problem:
    """422 that names the parameter and what it may be."""
    values = [allowed] if isinstance(allowed, str) else list(allowed)
    return Problem(422, "invalid_value", f"{name} may be: {', '.join(values)}.", field=name, allowed=values)


def region(request: Request) -> str:
    """The region's code, by its code or name; 404 for one that does not exist, 422 for a name that several have."""
    text = request.query_params.get("region") or NATION
    regions = Regions.load()
    try:
        return regions.area(text)
    except RegionError as problem:
        if problem.code == "unknown_region":
            raise not_found() from None
        raise wrong("region", [f"{code} ({regions[code].name})" for code in problem.readings]) from None


def is_former(request: Request, region: str) -> bool:
    """Whether boundaries of before 2022 are asked about, in which this region must have existed."""
    edition = request.query_params.get("boundaries") or boundaries.EDITIONS[-1]
    if edition not in boundaries.EDITIONS:
        raise wrong("boundaries", boundaries.EDITIONS)
    if edition != boundaries.EDITIONS[-1] and region in boundaries.NEWER:
        raise wrong("region", f"{boundaries.former(region)}, which it was part of in boundaries of {edition}")
    return edition != boundaries.EDITIONS[-1]


def level(request: Request, within: str) -> str:
    chosen = request.query_params.get("level") or "self"
    outer = Regions.load()[within].level
    allowed = [each for each in LEVELS if each == "self" or BREADTH[each] >= BREADTH[outer]]
    if outer == "national" and chosen == "national":
        return "self"
    if chosen not in allowed or (chosen == "province" and outer == "regency"):
        raise wrong("level", allowed)
    return "self" if chosen == outer else chosen


def level_asked(request: Request) -> str:
    """The level as it was asked for, for the answer."""
    return request.query_params.get("level") or "self"


def by(request: Request, allowed: Iterable[str]) -> tuple[str, ...]:
    """The dimensions in the order asked; given as a list with commas or several times."""
    words = [word.strip() for text in request.query_params.getlist("by") for word in text.split(",")]
    chosen = tuple(dict.fromkeys(word for word in words if word))
    if any(each not in allowed for each in chosen):
        raise wrong("by", allowed)
    return chosen


FILTERS = ("programme", "segment", "kind")
"""The dimensions of which a question may ask for some values alone."""


def chosen(request: Request, values_of: Callable[[str], Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Dimension → the values of it that are asked for, in their order; `values_of` gives those it has."""
    found: dict[str, tuple[str, ...]] = {}
    for name in FILTERS:
        words = {word.strip() for word in request.query_params.get(name, "").split(",")} - {""}
        allowed = values_of(name)
        if words - set(allowed):
            raise wrong(name, allowed)
        if words:
            found[name] = tuple(value for value in allowed if value in words)
    return found


def months(request: Request, today: date) -> list[Month]:
    """The months from `from` to `to`."""
    last = _month(request, "to", today)
    first = _month(request, "from", series.months_before(last, 11))
    if first > last:
        raise wrong("from", f"a month up to {last:%Y-%m}, that of `to`")
    found = series.months(first, last)
    if len(found) > MOST_MONTHS:
        raise wrong("from", f"a month less than {MOST_MONTHS} months before `to`")
    return found


def _month(request: Request, name: str, default: date) -> date:
    """The first day of the month that is given, as itself or as one of its days."""
    text = request.query_params.get(name)
    day = default if not text else _date(text if len(text) > 7 else f"{text}-01")
    if day is None or not 1900 <= day.year < LAST_YEAR:
        raise wrong(name, "a month from 1900 to 2257 as YYYY-MM, or a day of it as YYYY-MM-DD")
    return day.replace(day=1)


DAYS = ("as_of", "month", "quarter")
"""The parameters that give the day asked about: one of them, or none for today."""


def as_of(request: Request, default: date) -> date:
    given = [name for name in DAYS if request.query_params.get(name)]
    if not given:
        return default
    if len(given) > 1:
        raise wrong(given[1], f"given only where {given[0]} is not")
    (name,) = given
    day = _READ_DAY[name](request.query_params[name])
    if day is None or not FIRST_DAY <= day.toordinal() - EPOCH < LAST_DAY:
        raise wrong(name, f"{_DAY_FORMS[name]}, from 1900 to 2258")
    return day


def day(request: Request, name: str, default: date) -> date:
    """The day that this parameter names."""
    text = request.query_params.get(name)
    if not text:
        return default
    found = _date(text)
    if found is None or not FIRST_DAY <= found.toordinal() - EPOCH < LAST_DAY:
        raise wrong(name, f"{_DAY_FORMS['as_of']}, from 1900 to 2258")
    return found


def known_at(request: Request, name: str = "known_at") -> int | None:
    """The last second known, None for now. A bare date means its end in Jakarta."""
    return second_known_at(request.query_params.get(name), name)


def second_known_at(text: str | None, name: str = "known_at") -> int | None:
    """The last second known by what was asked for, None for now."""
    if not text:
        return None
    day = _date(text)
    if day is not None:
        return (day.toordinal() - date(1970, 1, 1).toordinal() + 1) * 86_400 - OFFSET_SECONDS - 1
    moment = _moment(text)
    if moment is None:
        raise wrong(name, "a time as 2026-01-31T12:00:00+07:00 or a date as YYYY-MM-DD")
    return int(moment.replace(microsecond=0).timestamp())


def known_at_text(second: int | None) -> str | None:
    """The instant that an answer was known at, as text; now for None, and for a time to come: by then more may be
    known, so a report that named it could not be had again."""
    now = int(time.time())
    return iso(now if second is None else min(second, now))


def table_form(request: Request) -> Form | None:
    """The table that is asked for; None for JSON."""
    chosen = request.query_params.get("format")
    if chosen in FORMS:
        return "csv" if chosen == "csv" else "xlsx"
    if chosen not in (None, "", "json"):
        raise wrong("format", ("json", *FORMS))
    if chosen:
        return None
    wanted = _wanted(",".join(request.headers.getlist("accept")))
    csv, json = (_quality(wanted, *names) for names in (("text/csv", "text/*"), ("application/json", "application/*")))
    if 0 < wanted.get(MEDIA_TYPES["xlsx"], 0.0) >= max(csv, json):
        return "xlsx"
    named = "text/csv" in wanted or "text/*" in wanted
    return "csv" if csv > json or (csv == json > 0 and named) else None


def _wanted(accept: str) -> dict[str, float]:
    """Media type → its quality in `Accept`, from 0 (not at all) to 1."""
    wanted: dict[str, float] = {}
    for text in accept.lower().split(","):
        name, *parameters = (part.strip() for part in text.split(";"))
        quality = next((part[2:] for part in parameters if part.startswith("q=")), "1")
        wanted[name] = float(quality) if re.fullmatch(r"[01](\.\d{0,3})?", quality) else 0.0
    return wanted


def _quality(wanted: dict[str, float], *names: str) -> float:
    """The quality of the first of these names that is given, so of the most exact one; else of `*/*`."""
    return next((wanted[name] for name in (*names, "*/*") if name in wanted), 0.0)


def iso(second: int | None) -> str | None:
    """A second as the text that answers use for times."""
    return None if second is None else datetime.fromtimestamp(second, UTC).isoformat().replace("+00:00", "Z")


def _last_of_month(text: str) -> date | None:
    first = _date(f"{text}-01")
    return None if first is None or first.year > LAST_YEAR else series.months(first, first)[0].end


def _last_of_quarter(text: str) -> date | None:
    found = re.fullmatch(r"(\d{4})-?[Qq]([1-4])", text, re.ASCII)
    return None if found is None else _last_of_month(f"{found[1]}-{3 * int(found[2]):02}")


def _date(text: str) -> date | None:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _moment(text: str) -> datetime | None:
    """A time with its zone, in UTC. T and Z may be lower case.

    A blank before the zone is a plus that was not escaped in the query.
    """
    capital = text.upper()
    try:
        moment = datetime.fromisoformat(capital.replace(" ", "+") if "T" in capital else capital)
        return None if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


_READ_DAY: dict[str, Callable[[str], date | None]] = {
    "as_of": _date,
    "month": _last_of_month,
    "quarter": _last_of_quarter,
}
_DAY_FORMS = {"as_of": "a date as YYYY-MM-DD", "month": "a month as 2026-10", "quarter": "a quarter as 2026-Q3"}
