"""GET /v1/targets and /v1/agreements: what an agency stated, as it stands now."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Annotated, Any
from uuid import UUID

import asyncpg
import msgspec
from fastapi import APIRouter, Depends, Query, Response
from pydantic import BeforeValidator

from services.registration.api.access import reporter, services
from services.registration.api.downloads import Wanted, as_download, in_both_forms, wanted
from services.registration.api.parameters import areas, dated_position, day_or_today, given
from services.registration.queries import queries
from services.registration.runtime import Services
from shared import query_parameters
from shared.regions import Regions
from shared.security import Principal

router = APIRouter(tags=["statements"], dependencies=[Depends(query_parameters.only_known)])

Region = Annotated[str | None, BeforeValidator(given)]
Cursor = Annotated[str | None, BeforeValidator(given)]
Limit = Annotated[int, Query(ge=1, le=1000)]
AsJson = Callable[[asyncpg.Record], dict[str, Any]]


@dataclass(frozen=True)
class Asked:
    """Whose statements are asked for (None: all agencies'), of which regions (None: of any)."""

    here: Services
    agency: str | None
    regions: Sequence[str] | None


async def what_is_asked(
    principal: Annotated[Principal, Depends(reporter)],
    here: Annotated[Services, Depends(services)],
    region: Region = None,
) -> Asked:
    return Asked(here, principal.agency, areas(here.regions, region))


Question = Annotated[Asked, Depends(what_is_asked)]


@router.get("/v1/targets", summary="Own targets, the newest first")
async def list_targets(asked: Question, cursor: Cursor = None, limit: Limit = 100) -> dict[str, Any]:
    """`region` also finds those of the regions within it. How far a target is reached, coverage answers."""
    return await page(asked, "target.set", target, cursor, limit)


@in_both_forms(router, "/v1/targets", "The same as a spreadsheet, all of them")
async def targets(asked: Question, form: Annotated[Wanted, Depends(wanted)]) -> Response:
    return await download(asked, "target.set", target, TARGET, "targets", form)


@router.get("/v1/agreements", summary="Own agreements, the newest first, and which are in force on a day")
async def list_agreements(
    asked: Question, as_of: str | None = None, cursor: Cursor = None, limit: Limit = 100
) -> dict[str, Any]:
    """`in_force` is null where no validity was stated. `region` also finds those of the regions within it."""
    day = day_or_today(as_of, "as_of")
    return await page(asked, "agreement.signed", partial(agreement, day=day), cursor, limit) | {"as_of": str(day)}


@in_both_forms(router, "/v1/agreements", "The same as a spreadsheet, all of them")
async def agreements(asked: Question, form: Annotated[Wanted, Depends(wanted)], as_of: str | None = None) -> Response:
    as_json = partial(agreement, day=day_or_today(as_of, "as_of"))
    return await download(asked, "agreement.signed", as_json, AGREEMENT, "agreements", form)


async def page(asked: Asked, kind: str, as_json: AsJson, cursor: str | None, limit: int) -> dict[str, Any]:
    """So many statements of a kind after a cursor, and how many there are in all."""
    after = dated_position(cursor)
    records = await asked.here.pool.fetch(
        queries["statements_page"], kind, asked.agency, asked.regions, *after, limit + 1
    )
    count = await asked.here.pool.fetchval(queries["count_statements"], kind, asked.agency, asked.regions)
    last = records[limit - 1] if len(records) > limit else None
    return {
        "count": count,
        "items": [as_json(record) for record in records[:limit]],
        "next_cursor": f"{last['day']}.{last['id']}" if last else None,
    }


async def download(asked: Asked, kind: str, as_json: AsJson, names: Sequence[str], name: str, form: Wanted) -> Response:
    """All of them, a line each."""

    header, cells = form.columns(names, lambda record: as_cells(as_json(record), names))
    of_page = "statements_page", kind, asked.agency, asked.regions, *FIRST, None
    return await as_download(asked.here, header, cells, form.file(name), form, *of_page)


FIRST: tuple[date | None, UUID | None] = (None, None)
_COMMON = ("id", "agency", "region", "region_name")
TARGET = (*_COMMON, "measure", "value", "from", "until", "list", "source")
AGREEMENT = (*_COMMON, "number", "title", "parties", "date", "from", "until", "in_force")


def as_cells(item: dict[str, Any], names: Sequence[str]) -> list[Any]:
    """The values of these names as a spreadsheet shows them; what is not known is empty."""
    return [_cell(item[name]) for name in names]


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        return "; ".join(value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return (
        value if is_number else "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    )


def target(record: asyncpg.Record) -> dict[str, Any]:
    fields = msgspec.json.decode(record["fields"])
    named = {name: fields[name] for name in ("measure", "value")}
    period = {"from": fields["start"], "until": fields["until"]}
    return common(record, fields) | named | period | {"list": fields["list"], "source": fields["source"]}


def agreement(record: asyncpg.Record, day: date) -> dict[str, Any]:
    fields = msgspec.json.decode(record["fields"])
    start, until = fields.get("start"), fields.get("until")
    named = {name: fields[name] for name in ("number", "title", "parties", "date")}
    validity = {"from": start, "until": until, "in_force": _in_force(start, until, day.isoformat())}
    return common(record, fields) | named | validity


def _in_force(start: str | None, until: str | None, day: str) -> bool | None:
    """Both days included; ISO dates compare as texts."""
    if start is None and until is None:
        return None
    return (start is None or start <= day) and (until is None or day <= until)


def common(record: asyncpg.Record, fields: dict[str, Any]) -> dict[str, Any]:
    """What every statement has."""
    region = Regions.load().get(fields["region"])
    of = {"region": fields["region"], "region_name": region.name if region else None}
    return {"id": str(record["id"]), "agency": record["agency"]} | of
