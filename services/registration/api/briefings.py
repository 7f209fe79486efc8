"""GET /v1/briefings: who came, in batches, and how many of them registered within 90 days."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

import asyncpg
import msgspec
from fastapi import APIRouter, Depends, Query, Response
from pydantic import BeforeValidator

from services.registration.api import statements
from services.registration.api.access import reader, services
from services.registration.api.downloads import Wanted, in_both_forms, rows_as_download, wanted
from services.registration.api.parameters import dated_position, day_or_none, day_or_today, given, position
from services.registration.api.statements import Asked, Cursor, Limit, Question
from services.registration.intake import values
from services.registration.queries import queries
from services.registration.runtime import Services
from shared import query_parameters
from shared.problems import not_found
from shared.security import Principal

router = APIRouter(tags=["statements"], dependencies=[Depends(query_parameters.only_known)])

WINDOW: Final = timedelta(days=90)
"""A registration so many days after a briefing counts as its effect."""
Start = Annotated[str | None, Query(alias="from"), BeforeValidator(given)]
Until = Annotated[str | None, BeforeValidator(given)]
Item = dict[str, Any]


@dataclass(frozen=True)
class AskedBriefings:
    """Which briefings are asked for, held from when until when, and by which day their funnel is."""

    asked: Asked
    held: tuple[date | None, date | None]
    as_of: date

    async def items(self) -> list[Item]:
        """All of them, the newest first."""
        asked = self.asked
        whose = asked.agency, asked.regions, self.as_of
        records = await asked.here.pool.fetch(queries["briefings"], *whose, *self.held, None)
        return [briefing(record, self.as_of) for record in records]


async def what_is_asked(
    asked: Question, start: Start = None, until: Until = None, as_of: str | None = None
) -> AskedBriefings:
    held = day_or_none(start, "from"), day_or_none(until, "until")
    return AskedBriefings(asked, held, day_or_today(as_of, "as_of"))


Briefings = Annotated[AskedBriefings, Depends(what_is_asked)]


@router.get("/v1/briefings", summary="Own briefings, the newest first: attendance, and who registered within 90 days")
async def list_briefings(asked: Briefings, cursor: Cursor = None, limit: Limit = 100) -> dict[str, Any]:
    """`sum` is over all that are asked for, whatever page is shown. `listed` are attendees on this agency's own lists
    (the administrator's: on any), `guests` all others. `without_briefing`: attendance of days of which no briefing was
    stated yet."""
    after = dated_position(cursor)
    items = await asked.items()
    rest = items if after[0] is None else [item for item in items if _position(item) < after]
    return {
        "as_of": str(asked.as_of),
        "sum": summed(items),
        "items": rest[:limit],
        "next_cursor": f"{rest[limit - 1]['held_on']}.{rest[limit - 1]['id']}" if len(rest) > limit else None,
        "without_briefing": await _waiting(asked.asked),
    }


@in_both_forms(router, "/v1/briefings", "The same as a spreadsheet, all of them")
async def briefings(asked: Briefings, form: Annotated[Wanted, Depends(wanted)]) -> Response:
    header, cells = form.columns(COLUMNS, _cells, name="Nama Kegiatan")
    return await rows_as_download(header, [cells(item) for item in await asked.items()], form.file("briefings"), form)


def _cells(item: Item) -> list[Any]:
    return statements.as_cells({**item, **(item["funnel"] or _NO_FUNNEL)}, COLUMNS)


@router.get("/v1/briefings/{briefing_id}", summary="One briefing with its attendees and what became of them")
async def get_briefing(
    briefing_id: str,
    principal: Annotated[Principal, Depends(reader)],
    here: Annotated[Services, Depends(services)],
    as_of: str | None = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> dict[str, Any]:
    """Guests have no name here: of who is on none of this agency's lists only keyed hashes are kept."""
    asked, day, after = values.uuid_or_none(briefing_id), day_or_today(as_of, "as_of"), position(cursor)
    found = await here.pool.fetch(queries["briefings"], principal.agency, None, day, None, None, asked) if asked else ()
    if not found:
        raise not_found()
    (record,) = found
    attendees = await here.pool.fetch(queries["attendees"], record["key"], principal.agency, day, after, limit + 1)
    shown = attendees[:limit]
    names = await _names(here, principal.agency, [each["partner_id"] for each in shown if each["listed"]])
    return briefing(record, day) | {
        "attendees": [_attendee(each, names) for each in shown],
        "next_cursor": str(shown[-1]["key"]) if len(attendees) > limit else None,
    }


def briefing(record: asyncpg.Record, as_of: date) -> Item:
    """A briefing with its attendance, and its funnel unless it is yet to come."""
    fields = msgspec.json.decode(record["fields"])
    quota, present = fields["quota"], fields.get("present") or record["recorded"]
    return statements.common(record, fields) | {
        "name": fields["name"],
        "batch": fields["batch"],
        "held_on": fields["held_on"],
        "quota": quota,
        "present": present,
        "over_quota": 0 if quota is None else max(0, present - quota),
        "recorded": record["recorded"],
        "listed": record["listed"],
        "guests": record["recorded"] - record["listed"],
        "funnel": None if record["day"] > as_of else _funnel(record),
    }


def _funnel(record: asyncpg.Record) -> Item:
    on_the_day, later = record["enrolled_on_the_day"], record["registered_within_90_days"]
    return {
        "attended": record["recorded"],
        "listed": record["listed"],
        "enrolled_on_the_day": on_the_day,
        "registered_within_90_days": later,
        "not_registered": record["listed"] - on_the_day - later,
        "window_closes_on": str(record["day"] + WINDOW),
    }


COUNTS: Final = ("quota", "present", "over_quota", "recorded", "listed", "guests")
STEPS: Final = ("attended", "listed", "enrolled_on_the_day", "registered_within_90_days", "not_registered")
COLUMNS: Final = ("id", "agency", "region", "region_name", "name", "batch", "held_on", *COUNTS, *STEPS[2:])
_NO_FUNNEL: Final = dict.fromkeys(STEPS[2:])


def summed(items: Sequence[Item]) -> Item:
    """The counts of all these briefings together; the funnel of those that were held."""
    funnels = (item["funnel"] for item in items if item["funnel"])
    return {"briefings": len(items), **_sums(items, COUNTS), "funnel": _sums(funnels, STEPS)}


def _sums(items: Iterable[Item], names: Sequence[str]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for item in items:
        found.update({name: item[name] or 0 for name in names})
    return {name: found[name] for name in names}


def _position(item: Item) -> tuple[date, UUID]:
    return date.fromisoformat(item["held_on"]), UUID(item["id"])


async def _waiting(asked: Asked) -> list[Item]:
    records = await asked.here.pool.fetch(queries["without_briefing"], asked.agency)
    return [
        {"agency": record["agency"], "held_on": str(record["held_on"]), "recorded": record["recorded"]}
        for record in records
    ]


async def _names(here: Services, agency: str | None, partners: Sequence[UUID]) -> dict[UUID, str]:
    """What the newest row of each, of the agency's own, calls it."""
    names: dict[UUID, str] = {}
    for row in await here.pool.fetch(queries["own_rows"], partners, agency):
        if row["partner_id"] not in names:
            names[row["partner_id"]] = here.vault.open(row["sealed"])["name"]
    return names


def _attendee(record: asyncpg.Record, names: dict[UUID, str]) -> Item:
    if not record["listed"]:
        return {"partner_id": None, "name": None, "outcome": "guest", "registered_on": None}
    partner = record["partner_id"]
    registered = record["first_start"] if record["outcome"] == "registered_within_90_days" else None
    return {
        "partner_id": str(partner),
        "name": names.get(partner),
        "outcome": record["outcome"],
        "registered_on": str(registered) if registered else None,
    }
