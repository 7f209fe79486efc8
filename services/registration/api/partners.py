"""/v1/partners: what an agency listed, one by one, and erasure."""

from collections.abc import Collection
from typing import Annotated, Any
from uuid import UUID

import asyncpg
import msgspec
from fastapi import APIRouter, Depends, Query, Response
from pydantic import BeforeValidator

from services.registration.api import partner_search
from services.registration.api.access import actor_of, lister, reader, services
from services.registration.api.numbers_as_sent import nib_as_sent
from services.registration.api.parameters import BEFORE_ALL, given, position
from services.registration.api.partner_search import Search
from services.registration.identity import evidence, profile
from services.registration.identity.profile import Profile
from services.registration.intake import values
from services.registration.queries import queries
from services.registration.records.derivation import ENROLLMENT
from services.registration.runtime import Services
from services.registration.writer.submissions import Erasure
from shared import query_parameters
from shared.events.partners import Partner
from shared.jakarta import today
from shared.problems import Problem, not_found
from shared.security import Principal

router = APIRouter(tags=["partners"], dependencies=[Depends(query_parameters.only_known)])


@router.get("/v1/partners", summary="The partners this agency listed, all or those with what is asked for")
async def list_partners(
    principal: Annotated[Principal, Depends(reader)],
    here: Annotated[Services, Depends(services)],
    asked: Annotated[Search | None, Depends(partner_search.search)],
    registered: Annotated[bool | None, BeforeValidator(given)] = None,
    region: Annotated[str | None, BeforeValidator(given)] = None,
    cursor: Annotated[str | None, BeforeValidator(given)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> dict[str, Any]:
    after = position(cursor)
    if region is not None and here.regions.get(region) is None:
        raise Problem(422, "unknown_region", "No region has this code.", field="region")
    regions = here.regions.regencies(region) if region is not None else None
    among = await partner_search.found(here, asked, principal.agency) if asked is not None else None
    records = await here.pool.fetch(
        queries["own_partners"], principal.agency, today(), after, regions, registered, limit + 1, among
    )
    page = records[:limit]
    more = str(page[-1]["partner_id"]) if len(records) > limit else None
    return {"items": await as_json(here, page, principal.agency, asked), "next_cursor": more}


@router.get("/v1/partners/{partner_id}", summary="One partner, under its own id or one merged into it")
async def get_partner(
    partner_id: str,
    principal: Annotated[Principal, Depends(reader)],
    here: Annotated[Services, Depends(services)],
) -> dict[str, Any]:
    record = await _own(here, principal, partner_id)
    (shown,) = await as_json(here, [record], principal.agency)
    return shown | {"periods": _periods(record["enrollment_fact"]), "claims": record["claims"]}


@router.delete(
    "/v1/partners/{partner_id}",
    status_code=204,
    summary="Erase everywhere; only its own rows for an agency beside others",
)
async def erase_partner(
    partner_id: str,
    principal: Annotated[Principal, Depends(lister)],
    here: Annotated[Services, Depends(services)],
) -> Response:
    record = await _own(here, principal, partner_id)
    agency = None if principal.admin else principal.agency or ""
    if not await here.writer.submit(Erasure(record["partner_id"], actor_of(principal), agency, principal.regions)):
        raise not_found()
    here.dead_letter_eraser.wake()
    here.intake_eraser.wake()
    return Response(status_code=204)


def _periods(fact: bytes | None) -> list[dict[str, Any]]:
    """From when until when it is registered, and in what."""
    periods = ENROLLMENT.decode(fact).periods if fact is not None else ()
    return [
        {
            "from": each.start.isoformat(),
            "until": each.until.isoformat() if each.until else None,
            "programmes": list(each.programmes),
        }
        for each in periods
    ]


async def _own(here: Services, principal: Principal, partner_id: str) -> asyncpg.Record:
    asked = values.uuid_or_none(partner_id)
    if asked is None:
        raise not_found()
    agency = None if principal.admin else principal.agency or ""
    record = await here.pool.fetchrow(queries["own_partner"], agency, asked, today())
    if record is None:
        raise not_found()
    return record


async def of_ids(here: Services, agency: str | None, ids: Collection[str]) -> list[dict[str, Any]]:
    """Those of these partners that the agency listed (None: anybody), as it is shown them."""
    asked_for = [UUID(each) for each in ids]
    values = (agency, today(), BEFORE_ALL, None, None, len(asked_for), asked_for)
    return await as_json(here, await here.pool.fetch(queries["own_partners"], *values), agency)


async def as_json(
    here: Services, records: list[asyncpg.Record], agency: str | None, asked: Search | None = None
) -> list[dict[str, Any]]:
    """What the agency itself reported of each and whether it is registered; for the administrator what is known.

    Of a search only those whose rows were sent with what was asked for.
    """
    own_rows: dict[UUID, list[asyncpg.Record]] = {}
    for row in await here.pool.fetch(queries["own_rows"], [r["partner_id"] for r in records], agency):
        own_rows.setdefault(row["partner_id"], []).append(row)
    found = []
    for record in records:
        rows = own_rows.get(record["partner_id"], [])
        sent = [here.vault.open(row["sealed"]) for row in rows]
        if asked is None or asked.means(rows, sent):
            found.append(_one(record, rows, sent, agency))
    return found


def _one(
    record: asyncpg.Record, rows: list[asyncpg.Record], sent: list[dict[str, Any]], agency: str | None
) -> dict[str, Any]:
    newest = sent[0] if sent else {}
    nibs = sorted(filter(None, map(nib_as_sent, rows, sent)))
    return {
        "id": str(record["partner_id"]),
        "name": newest.get("name"),
        **(_known(record) if agency is None else _own_profile(rows)),
        "nib": nibs[0] if nibs else None,
        "has_nik": any(each["nik"] for each in sent),
        "contact": {key: newest.get(key) for key in ("person", "phone", "email")},
        "lists": [{"list": name, "listed_on": day} for name, day in sorted(_lists(rows).items())],
        "refs": sorted({row["ref"] for row in rows if row["ref"] is not None}),
        "listed_on": min((row["first_listed"].isoformat() for row in rows), default=None),
        "registered": record["registered"],
    }


def _known(record: asyncpg.Record) -> dict[str, Any]:
    """What the partner is, by its last fact."""
    fact = msgspec.json.decode(record["fact"], type=Partner)
    return _described(fact.kind, fact, fact.cooperative_id, record["region"])


def _own_profile(rows: list[asyncpg.Record]) -> dict[str, Any]:
    """What the partner is by these rows alone: the same whoever else lists it."""
    own = profile.derive([evidence.to_row(row) for row in rows])
    return _described(own.kind, own, str(own.cooperative) if own.cooperative else None, own.region)


def _described(kind: str, known: Partner | Profile, cooperative_id: str | None, region: str) -> dict[str, Any]:
    return {
        "kind": kind,
        "scale": known.scale,
        "occupation": known.occupation,
        "cooperative_id": cooperative_id,
        "region": region,
        "workers": msgspec.to_builtins(known.workers),
    }


def _lists(rows: list[asyncpg.Record]) -> dict[str, str]:
    since: dict[str, str] = {}
    for row in rows:
        since[row["list"]] = min(since.get(row["list"], "9999"), row["first_listed"].isoformat())
    return since
