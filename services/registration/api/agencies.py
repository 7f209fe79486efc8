"""Agencies and their keys: for the administrator."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

import asyncpg
from fastapi import APIRouter, Depends, Response
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from services.registration import agency_keys, audit, kafka_access
from services.registration.agency_keys import Wanted
from services.registration.api.access import services
from services.registration.audit import Actor
from services.registration.queries import queries
from services.registration.runtime import Services
from shared import query_parameters
from shared.database import transaction
from shared.problems import Problem, described, not_found
from shared.security import RATES, require

router = APIRouter(tags=["agencies"], dependencies=[Depends(require(admin=True)), Depends(query_parameters.only_known)])

Scope = Literal["publish", "enroll", "read", "figures:detail", "inbound"]
NO_NUL = r"^[^\x00]*$"
TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
LONGEST_VALIDITY = timedelta(days=731)
OVERLAP, LONGEST_OVERLAP = timedelta(days=1), timedelta(days=30)
ADMINISTRATOR = Actor("administrator")
SLUG = re.compile(r"[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?")


def _once(given: list[str]) -> list[str]:
    """Each value once, in the order given."""
    return list(dict.fromkeys(given))


def _expiry(given: object) -> datetime | None:
    if given is None:
        return None
    if not isinstance(given, str) or not TIME.fullmatch(given):
        raise ValueError("a time with its zone, such as 2027-01-31T00:00:00+07:00")
    moment, now = datetime.fromisoformat(given.upper()), datetime.now(UTC)
    if not now < moment <= now + LONGEST_VALIDITY:
        raise ValueError("lies in the future, at most two years ahead")
    return moment.astimezone(UTC)


def _end(given: object) -> datetime | None:
    moment = _expiry(given)
    if moment is not None and moment > datetime.now(UTC) + LONGEST_OVERLAP:
        raise ValueError("lies at most 30 days ahead")
    return moment


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=NO_NUL)]
Rate = Annotated[int | None, Field(ge=RATES.start, lt=RATES.stop)]


class NewAgency(BaseModel):
    """An agency: what it may do, and where."""

    model_config = ConfigDict(extra="forbid")

    slug: str
    name: Name
    regions: Annotated[list[str], Field(min_length=1, max_length=600), AfterValidator(_once)]
    scopes: Annotated[list[Scope], Field(min_length=1), AfterValidator(_once)]


class ChangedAgency(BaseModel):
    """What of an agency is otherwise from now on; `requests_per_minute` null: as many as the service lets everybody."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    requests_per_minute: Rate = None


class NewKey(BaseModel):
    """A further key, with no more scopes than its agency has; with `kafka` also a user of Kafka, who may write the
    agency's topic with the agency's scopes. From `expires_at` on, at most two years ahead, it opens nothing. `purpose`
    says what it is for; for one purpose two keys are live at most."""

    model_config = ConfigDict(extra="forbid")

    scopes: Annotated[list[Scope], Field(min_length=1), AfterValidator(_once)] | None = None
    kafka: bool = False
    expires_at: Annotated[datetime | None, BeforeValidator(_expiry)] = None
    purpose: Name | None = None


class Rotation(BaseModel):
    """Until when the key that is replaced still opens: a day if not said, a month at most."""

    model_config = ConfigDict(extra="forbid")

    ends_at: Annotated[datetime | None, BeforeValidator(_end)] = None

    @property
    def end(self) -> datetime:
        return self.ends_at or datetime.now(UTC) + OVERLAP


@router.post(
    "/v1/agencies", status_code=201, responses=described(409), summary="Add an agency; its first key is shown this once"
)
async def add_agency(agency: NewAgency, here: Annotated[Services, Depends(services)]) -> dict[str, Any]:
    if not SLUG.fullmatch(agency.slug):
        raise Problem(422, "invalid_value", "A slug is lower-case letters, digits and hyphens.", field="slug")
    unknown = [code for code in agency.regions if here.regions.get(code) is None]
    if unknown:
        raise Problem(422, "unknown_region", f"No region has the code {unknown[0][:40]}.", field="regions")
    try:
        async with transaction(here.pool) as db:
            await db.execute(queries["add_agency"], agency.slug, agency.name, agency.regions, agency.scopes)
            issued = await agency_keys.issue(db, agency.slug, Wanted(tuple(agency.scopes), tuple(agency.regions)))
            await audit.note(db, ADMINISTRATOR, "agency.added", {"key": issued["key_id"]}, agency.slug)
    except asyncpg.UniqueViolationError:
        raise Problem(409, "conflict", "There is an agency with this slug.", field="slug") from None
    here.keys.changed()
    return agency.model_dump() | issued


@router.get("/v1/agencies", summary="All agencies with their keys' ids")
async def list_agencies(here: Annotated[Services, Depends(services)]) -> list[dict[str, Any]]:
    keys: dict[str, list[dict[str, Any]]] = {}
    for row in await here.pool.fetch(queries["keys"]):
        keys.setdefault(row["agency"], []).append(
            {
                "key_id": row["key_id"],
                "scopes": row["scopes"],
                "revoked": row["revoked"],
                "since": row["issued_at"],
                "expires_at": row["expires_at"],
            }
        )
    return [dict(row) | {"keys": keys.get(row["slug"], [])} for row in await here.pool.fetch(queries["agencies"])]


async def page_of_agencies(here: Services, after: str, size: int) -> tuple[list[dict[str, Any]], str | None]:
    """So many agencies behind this slug, each with its `keys` as `list_keys` has them; the slug to go on behind."""
    rows = await here.pool.fetch(queries["agencies_page"], after, size + 1)
    shown = rows[:size]
    keys = await agency_keys.of_agencies(here.pool, [row["slug"] for row in shown])
    return [dict(row) | {"keys": keys[row["slug"]]} for row in shown], shown[-1]["slug"] if len(rows) > size else None


@router.patch(
    "/v1/agencies/{slug}", summary="Change an agency's name, and how many requests a minute its keys may make"
)
async def change_agency(
    slug: str, changed: ChangedAgency, here: Annotated[Services, Depends(services)]
) -> dict[str, Any]:
    given = changed.model_fields_set
    async with transaction(here.pool) as db:
        row = await db.fetchrow(
            queries["change_agency"], slug, changed.name, "requests_per_minute" in given, changed.requests_per_minute
        )
        if row is None:
            raise not_found()
        if "requests_per_minute" in given:
            await agency_keys.limit(db, slug, changed.requests_per_minute)
        await audit.note(db, ADMINISTRATOR, "agency.changed", {"fields": " ".join(sorted(given))}, slug)
    here.keys.changed()
    return dict(row)


@router.get("/v1/agencies/{slug}/keys", summary="An agency's keys: what for, what they may do, when last used")
async def list_keys(slug: str, here: Annotated[Services, Depends(services)]) -> list[dict[str, Any]]:
    if await here.pool.fetchrow(queries["agency"], slug) is None:
        raise not_found()
    return await agency_keys.of_agency(here.pool, slug)


@router.post(
    "/v1/agencies/{slug}/keys/{key_id}/rotate",
    status_code=201,
    responses=described(409),
    summary="Replace a key by one with its rights, shown this once; the old one opens a while longer",
)
async def rotate_key(
    slug: str, key_id: str, here: Annotated[Services, Depends(services)], wanted: Rotation | None = None
) -> dict[str, Any]:
    async with transaction(here.pool) as db:
        issued = await agency_keys.rotate(db, ADMINISTRATOR, slug, key_id, (wanted or Rotation()).end)
    here.keys.changed()
    return issued


@router.post(
    "/v1/agencies/{slug}/keys", status_code=201, responses=described(409), summary="Issue a key, shown this once"
)
async def issue_key(
    slug: str, here: Annotated[Services, Depends(services)], wanted: NewKey | None = None
) -> dict[str, Any]:
    async with transaction(here.pool) as db:
        row = await db.fetchrow(queries["agency"], slug)
        if row is None:
            raise not_found()
        wanted, scopes = wanted or NewKey(), tuple(row["scopes"])
        if wanted.kafka and wanted.expires_at is not None:
            detail = "A key with access to Kafka does not expire: revoke it, which takes the access away too."
            raise Problem(422, "invalid_value", detail, field="expires_at")
        if wanted.scopes is not None:
            lacking = [scope for scope in wanted.scopes if scope not in scopes]
            if lacking:
                raise Problem(422, "invalid_value", f"The agency lacks the scope '{lacking[0]}'.", field="scopes")
            scopes = tuple(wanted.scopes)
        rights = Wanted(scopes, tuple(row["regions"]), wanted.expires_at, wanted.purpose, row["requests_per_minute"])
        issued = await agency_keys.issue(db, slug, rights)
        if wanted.kafka:
            await db.execute(queries["lock_kafka_access"], slug)
            await db.execute(queries["set_kafka_key"], slug, issued["key_id"])
            issued["kafka"] = await _give_kafka(here, slug)
        about: audit.Subjects = {"key": issued["key_id"], "kafka": wanted.kafka}
        await audit.note(db, ADMINISTRATOR, "key.issued", about, slug)
    here.keys.changed()
    return {"slug": slug, "scopes": scopes} | issued


@router.delete("/v1/agencies/{slug}/keys/{key_id}", status_code=204, summary="Revoke a key, everywhere within a second")
async def revoke_key(slug: str, key_id: str, here: Annotated[Services, Depends(services)]) -> Response:
    async with transaction(here.keys.pool) as db:
        was_live = await agency_keys.revoke(db, ADMINISTRATOR, slug, key_id)
    here.keys.changed()
    if not await take_kafka(here, slug, key_id) and not was_live:
        raise not_found()
    return Response(status_code=204)


async def _give_kafka(here: Services, slug: str) -> dict[str, str]:
    if not here.kafka_access.is_closed:
        raise Problem(422, "invalid_value", "This Kafka has no users: PAYUNG_KAFKA names none.", field="kafka")
    try:
        return await here.kafka_access.give(slug)
    except kafka_access.UNAVAILABLE:
        detail = "Kafka does not answer; no key was issued. Please try again."
        raise Problem(503, "unavailable", detail, headers={"Retry-After": "1"}) from None


async def take_kafka(here: Services, slug: str, key_id: str) -> bool:
    """Whether the key had access to Kafka, which is gone now. The key itself is revoked before, whatever happens."""
    if not await here.keys.pool.fetchval(queries["holds_kafka_access"], slug, key_id):
        return False
    async with transaction(here.pool) as db:
        await db.execute(queries["lock_kafka_access"], slug)
        if not await db.fetchval(queries["holds_kafka_access"], slug, key_id):
            return False
        try:
            await here.kafka_access.take(slug)
        except kafka_access.UNAVAILABLE:
            detail = "The key is revoked, its access to Kafka not yet: Kafka does not answer. Please try again."
            raise Problem(503, "unavailable", detail, headers={"Retry-After": "1"}) from None
        await db.execute(queries["set_kafka_key"], slug, None)
    return True
