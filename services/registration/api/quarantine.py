"""/v1/quarantine: an agency sees, corrects and sends again what was refused, events and rows of files alike."""

from typing import Annotated, Any, Literal
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Depends, Header, Query, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.registration import audit
from services.registration.api import refused
from services.registration.api.access import actor_of, check_scope, sender, services
from services.registration.api.parameters import position
from services.registration.api.refused import Asked
from services.registration.intake import health_data
from services.registration.intake.files.tables import squeeze
from services.registration.intake.values import Refusal
from services.registration.queries import queries
from services.registration.runtime import Services
from services.registration.writer import quarantine
from services.registration.writer.submissions import CorrectedRow
from shared import openapi, query_parameters
from shared.database import transaction
from shared.problems import Problem, described
from shared.security import Principal

router = APIRouter(tags=["quarantine"], dependencies=[Depends(query_parameters.only_known)])
Version = Annotated[
    str | None, Header(max_length=64, description="The entry's `version` as it was read; `*`: any", examples=["*"])
]


class Changed(Problem):
    """Somebody corrected the entry since it was read."""

    def __init__(self) -> None:
        super().__init__(409, "conflict", "Somebody else corrected this meanwhile: read it again.", field="If-Match")


class WhichToRetry(BaseModel):
    """Which refused entries are sent again."""

    model_config = ConfigDict(extra="forbid")

    code: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,64}$")] | None = None
    import_id: UUID | None = None
    cursor: Annotated[str, Field(max_length=64)] | None = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 500


@router.get("/v1/quarantine", summary="Own refused events and rows, the oldest first; text: those that hold it")
async def list_quarantine(
    principal: Annotated[Principal, Depends(sender)],
    here: Annotated[Services, Depends(services)],
    asked: Annotated[Asked, Depends(refused.asked)],
    cursor: str | None = None,
    state: Literal["refused", "retried"] = "refused",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> dict[str, Any]:
    """`state=retried`: those that left it, since they were accepted when they were sent again; of these only an upload
    may be asked for."""
    if state == "retried":
        return await refused.find_retried(here, principal, asked, cursor, limit)
    return await refused.find(here, principal, asked, cursor, limit)


@router.get("/v1/quarantine/summary", summary="How many own refused events and rows there are, by reason and kind")
async def count_quarantine(
    principal: Annotated[Principal, Depends(sender)], here: Annotated[Services, Depends(services)]
) -> list[dict[str, Any]]:
    return await refused.count(here, principal)


@router.get("/v1/quarantine/{entry_id}", summary="One own refused event or row")
async def get_entry(
    entry_id: str, principal: Annotated[Principal, Depends(sender)], here: Annotated[Services, Depends(services)]
) -> dict[str, Any]:
    return _as_json(here, await refused.own(here, principal, entry_id))


@router.put(
    "/v1/quarantine/{entry_id}",
    summary="Correct: the event anew, bare or as shown; of a row {'cells': {column: text}} or all",
    responses=described(409),
)
async def correct(
    entry_id: str,
    body: dict[str, Any],
    principal: Annotated[Principal, Depends(sender)],
    here: Annotated[Services, Depends(services)],
    if_match: Version = None,
) -> dict[str, Any]:
    """With `If-Match` only what was read is corrected: 409 if somebody else corrected it since."""
    entry = await refused.own(here, principal, entry_id)
    if if_match is not None and if_match.strip().strip('"') not in ("*", refused.version_of(entry)):
        raise Changed
    if entry["import_id"] is not None:
        body = {"cells": _corrected_cells(entry, here.vault.open(entry["sealed"])["cells"], body)}
        reader, row = here.retries.reading(entry, principal.regions, body["cells"])
        key, subject = None, reader.data_subject(row)
    else:
        event = body.get("event")  # the form in which it was read
        read = event if isinstance(event, dict) else body
        item = here.retries.item(str(principal.agency), principal.regions, read, principal.may)
        check_scope(item.type, principal)
        body, key, subject = (
            item.raw,
            item.key,
            quarantine.read_data_subject(item.raw, here.regions, principal.regions),
        )
    try:
        async with transaction(here.pool) as db:
            corrected = await db.fetchval(
                queries["correct_quarantined"],
                entry["id"],
                principal.agency,
                entry["sealed"],
                here.vault.seal(health_data.without(body)),
                *subject.hashed(here.vault),
                key if entry["code"] != "id_reused" else None,
            )
            if corrected is None:
                raise Changed
            await audit.note(db, actor_of(principal), "quarantine.corrected", {"entry": str(entry["id"])})
    except asyncpg.UniqueViolationError:
        raise Problem(409, "conflict", "An event with this source and id waits here already.", field="id") from None
    return _as_json(here, await refused.own(here, principal, entry_id))


@router.post(
    "/v1/quarantine/{entry_id}/retry",
    responses=described(409) | openapi.refused.of_events(),
    summary="Send again; refused again, the answer names the reason",
)
async def retry(
    entry_id: str, principal: Annotated[Principal, Depends(sender)], here: Annotated[Services, Depends(services)]
) -> dict[str, Any]:
    entry = await refused.own(here, principal, entry_id)
    if entry["import_id"] is not None and entry["undo_asked_at"] is not None:
        raise Problem(409, "conflict", "This row's upload was taken back: send the row in another one.")
    submission = here.retries.submission(entry, principal.regions, principal.may)
    if isinstance(submission, CorrectedRow):
        refusal = await here.writer.submit(submission)
        if isinstance(refusal, Refusal):
            raise Problem(422, refusal.code, refusal.detail, field=refusal.field)
        return {"accepted": 1, "duplicates": 0, "rejected": [], "partners": {}}
    check_scope(submission.items[0].type, principal)
    answer: dict[str, Any] = (await here.writer.submit(submission)).body
    if answer["rejected"]:
        reason = answer["rejected"][0]
        raise Problem(422, reason["code"], reason["detail"], field=reason["field"])
    return answer


@router.post("/v1/quarantine/retry", summary="Send many again: those with a code, of an upload, or all")
async def retry_many(
    principal: Annotated[Principal, Depends(sender)],
    here: Annotated[Services, Depends(services)],
    wanted: WhichToRetry | None = None,
) -> dict[str, Any]:
    """At most `limit` entries at a time, the oldest first: go on with `next_cursor` until it is null."""
    asked = wanted or WhichToRetry()
    after, of_import = position(asked.cursor), asked.import_id
    entries = await here.pool.fetch(
        queries["entries_to_retry"], principal.agency, after, asked.code, of_import, asked.limit + 1
    )
    page = entries[: asked.limit]
    results = await here.retries.retry(page, str(principal.agency), principal.regions, principal.may)
    if results.tried:
        async with transaction(here.pool) as db:
            about: audit.Subjects = {"accepted": results.accepted, "rejected": results.tried - results.accepted}
            await audit.note(db, actor_of(principal), "quarantine.retried", about)
    return results.as_json() | {"next_cursor": str(page[-1]["id"]) if len(entries) > len(page) else None}


@router.delete(
    "/v1/quarantine/{entry_id}",
    status_code=204,
    summary="Delete: it is given up. Without that it is kept for 90 days, unless the operator set another time",
)
async def delete_entry(
    entry_id: str, principal: Annotated[Principal, Depends(sender)], here: Annotated[Services, Depends(services)]
) -> Response:
    entry = await refused.own(here, principal, entry_id)
    async with transaction(here.pool) as db:
        await db.execute(queries["drop_quarantined"], entry["id"], principal.agency)
        await audit.note(db, actor_of(principal), "quarantine.deleted", {"entry": str(entry["id"])})
    return Response(status_code=204)


def _corrected_cells(entry: asyncpg.Record, held: list[str], body: dict[str, Any]) -> list[str]:
    """The row with the named columns changed, or all its cells anew; a row of the wrong width takes the header's."""
    given = body.get("cells")
    header = [squeeze(name) for name in entry["header"]]
    if isinstance(given, dict):
        named = {squeeze(name): value for name, value in given.items()}
        if not named.keys() <= set(header):
            raise Problem(422, "invalid_value", "The file has no such column.", field="cells")
        fitted = (held + [""] * len(header))[: len(header)]
        given = [named.get(name, cell) for name, cell in zip(header, fitted, strict=True)]
    if not isinstance(given, list) or len(given) != len(header) or not all(isinstance(cell, str) for cell in given):
        raise Problem(422, "invalid_value", "Send {'cells': {column: text}}, or one text a column.", field="cells")
    return health_data.cells_without(given, health_data.columns(entry["kind"], entry["header"]), fits=True)


def _as_json(here: Services, row: asyncpg.Record) -> dict[str, Any]:
    return refused.as_json(row, here.vault.open(row["sealed"]))
