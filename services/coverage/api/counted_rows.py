"""What the questions about acts have in common, reminders and briefings: counts by region and dimension that add up."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

import asyncpg
import msgspec
from fastapi import Request, Response

from services.coverage import counted
from services.coverage.api import parameters, spreadsheet
from services.coverage.counted import Entry
from services.coverage.disclosure import Vector
from services.coverage.figures import rate
from shared.downloads import dialect_of
from shared.jakarta import today
from shared.regions import Regions

DAYS = 90
"""Whoever first starts within so many days after a reminder, visit or briefing registered by it."""
USUAL_DAYS = timedelta(365)

OWN: Mapping[str, tuple[str, dict[str, Any]]] = {
    "from": (
        "What was done from this day on; a year before the last day when not given.",
        {"type": "string", "format": "date"},
    ),
}


class Asked(NamedTuple):
    """What was done from `since` to `until`, by region and dimension."""

    region: str
    level: str
    by: tuple[str, ...]
    since: date
    until: date

    def head(self, request: Request) -> dict[str, Any]:
        return {
            "region": self.region,
            "level": parameters.level_asked(request),
            "by": list(self.by),
            "from": self.since.isoformat(),
            "as_of": self.until.isoformat(),
        }


class Counted(NamedTuple):
    """The columns of counts in their order; `shown`: all that these counts of a row tell, their differences included;
    `rate`: the columns of its part and of what is taken away from its whole, beside the whole."""

    columns: tuple[str, ...]
    shown: Callable[[Vector], Vector]
    part: str
    whole: str
    less: str | None = None

    def row(self, counts: Vector) -> dict[str, Any]:
        found = dict(zip(self.columns, counts, strict=True))
        whole = found[self.whole] - (found[self.less] if self.less else 0)
        return found | {"rate": rate(found[self.part], whole)}


def asked(request: Request, dimensions: Sequence[str]) -> Asked:
    region = parameters.region(request)
    until = parameters.as_of(request, today())
    since = parameters.day(request, "from", max(until - USUAL_DAYS, date(1900, 1, 1)))
    if since > until:
        raise parameters.wrong("from", f"a day up to {until}, the last one asked about")
    return Asked(region, parameters.level(request, region), parameters.by(request, dimensions), since, until)


def entries(found: Iterable[asyncpg.Record], by: Sequence[str], columns: Sequence[str]) -> list[Entry]:
    return [
        Entry(row["region"], tuple(row[name] for name in by), tuple(row[name] for name in columns)) for row in found
    ]


def rows(question: Asked, found: Sequence[Entry], kept: Counted, *, is_detailed: bool) -> list[dict[str, Any]]:
    """The rows as the caller may see them."""
    codes = Regions.load().children(question.region, question.level)
    hidden = set() if is_detailed else counted.hidden(found, kept.shown)
    nothing: counted.Combination = (None,) * len(question.by)
    blank = dict.fromkeys((*kept.columns, "rate")) | {"suppressed": True}
    return [
        {"region": code, "name": Regions.load()[code].name, **dict(zip(question.by, combination, strict=True))}
        | (blank if code in hidden else kept.row(counts))
        for code, own in counted.rows(found, codes, len(question.by), len(kept.columns)).items()
        for combination, counts in ({nothing: ()} if code in hidden else own).items()
    ]


async def answer(request: Request, name: str, question: Asked, kept: Counted, found: dict[str, Any]) -> Response:
    """As JSON, or as the table that is asked for."""
    form = parameters.table_form(request)
    if not form:
        return Response(await asyncio.to_thread(msgspec.json.encode, found), media_type="application/json")
    plain = ["region", "name", *question.by, *kept.columns, "rate"]
    lines = [
        [*(row[each] for each in plain), found["from"], found["as_of"], "true" if row.get("suppressed") else None]
        for row in found["rows"]
    ]
    header = [*plain, "from", "as_of", "suppressed"]
    name = f"{name}-{question.region}-{question.until}"
    return await asyncio.to_thread(spreadsheet.answer, name, header, lines, form, dialect_of(request))
