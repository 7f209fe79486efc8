"""Query parameters, read strictly: what is wrong is named, with what would be right."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime

from fastapi import Request

from services.coverage.cells import EPOCH, FIRST_DAY, LAST_DAY
from shared.problems import Problem, not_found
from shared.regions import Regions

LEVELS = ("kanwil", "province", "regency", "self")
BREADTH = {"national": 0, "kanwil": 1, "province": 2, "regency": 3}
JAKARTA_SECONDS = 7 * 3600


def wrong(name: str, allowed: str | Iterable[str]) -> Problem:
    """422 that names the parameter and what it may be."""
    values = [allowed] if isinstance(allowed, str) else list(allowed)
    return Problem(422, "invalid_value", f"{name} may be: {', '.join(values)}.", field=name, allowed=values)


def region(request: Request) -> str:
    """The region's code; 404 for one that does not exist."""
    code = request.query_params.get("region") or "ID"
    if Regions.load().get(code) is None:
        raise not_found()
    return code


def level(request: Request, within: str) -> str:
    chosen = request.query_params.get("level") or "self"
    outer = Regions.load()[within].level
    allowed = [each for each in LEVELS if each == "self" or BREADTH[each] >= BREADTH[outer]]
    if outer == "national" and chosen == "national":
        return "self"
    if chosen not in allowed or (chosen == "province" and outer == "regency"):
        raise wrong("level", allowed)
    return "self" if chosen == outer else chosen


def by(request: Request, allowed: Iterable[str]) -> tuple[str, ...]:
    """The dimensions in the order asked; given as a list with commas or several times."""
    words = [word.strip() for text in request.query_params.getlist("by") for word in text.split(",")]
    chosen = tuple(dict.fromkeys(word for word in words if word))
    if any(each not in allowed for each in chosen):
        raise wrong("by", allowed)
    return chosen


def as_of(request: Request, default: date) -> date:
    text = request.query_params.get("as_of")
    if not text:
        return default
    day = _date(text)
    if day is None or not FIRST_DAY <= day.toordinal() - EPOCH < LAST_DAY:
        raise wrong("as_of", "a date from 1900 to 2258 as YYYY-MM-DD")
    return day


def known_at(request: Request) -> int | None:
    """The last second known, None for now. A bare date means its end in Jakarta."""
    text = request.query_params.get("known_at")
    if not text:
        return None
    day = _date(text)
    if day is not None:
        return (day.toordinal() - date(1970, 1, 1).toordinal() + 1) * 86_400 - JAKARTA_SECONDS - 1
    moment = _moment(text.replace(" ", "+") if "T" in text else text)
    if moment is None or not 1970 < moment.year < 9999:
        raise wrong("known_at", "a time as 2026-01-31T12:00:00+07:00 or a date as YYYY-MM-DD")
    return int(moment.timestamp())


def wants_csv(request: Request) -> bool:
    chosen = request.query_params.get("format")
    if chosen not in (None, "", "csv", "json"):
        raise wrong("format", ("json", "csv"))
    return chosen == "csv" or (not chosen and "text/csv" in request.headers.get("accept", ""))


def iso(second: int | None) -> str | None:
    """A second as the answers tell times."""
    return None if second is None else datetime.fromtimestamp(second, UTC).isoformat().replace("+00:00", "Z")


def _date(text: str) -> date | None:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
