"""/v1/quarantine: an agency sees, corrects and sends again what was refused, events and rows of files alike."""

from typing import Annotated, Any
from uuid import UUID

import asyncpg
import msgspec
from fastapi import APIRouter, Depends, Query, Response

from services.registration import audit
from services.registration.api import refused
from services.registration.api.access import actor_of, check_scope, sender, services
from services.registration.api.refused import Asked
from services.registration.intake import health_data
from services.registration.intake.cells import column_findings
from services.registration.intake.contexts import EventContext, UploadContext
from services.registration.intake.event_reader import EventReader
from services.registration.intake.files.tables import Row, squeeze
from services.registration.intake.jurisdiction import Jurisdiction
from services.registration.intake.row_reader import RowReader
from services.registration.intake.values import Refusal
from services.registration.orders import Order
from services.registration.queries import queries
from services.registration.runtime import Services
from services.registration.writer import envelopes, quarantine, uploads
from services.registration.writer.items import Item
from services.registration.writer.submissions import CorrectedRow, Events
from shared import openapi, query_parameters
from shared.database import transaction
from shared.problems import Problem, described
from shared.security import Principal

router = APIRouter(tags=["quarantine"], dependencies=[Depends(query_parameters.only_known)])


@router.get("/v1/quarantine", summary="Own refused events and rows, the oldest first; text: those that hold it")
async def list_quarantine(
    principal: Annotated[Principal, Depends(sender)],
    here: Annotated[Services, Depends(services)],
    asked: Annotated[Asked, Depends(refused.asked)],
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> dict[str, Any]:
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
) -> dict[str, Any]:
    entry = await refused.own(here, principal, entry_id)
    if entry["import_id"] is not None:
        body = {"cells": _corrected_cells(entry, here.vault.open(entry["sealed"])["cells"], body)}
        reader, row = _reading(here, principal, entry, body["cells"])
        key, subject = None, reader.data_subject(row)
    else:
        event = body.get("event")  # the form in which it was read
        item = _item(here, principal, event if isinstance(event, dict) else body)
        check_scope(item.type, principal)
        body, key, subject = (
            item.raw,
            item.key,
            quarantine.read_data_subject(item.raw, here.regions, principal.regions),
        )
    try:
        async with transaction(here.pool) as db:
            await db.execute(
                queries["correct_quarantined"],
                entry["id"],
                principal.agency,
                here.vault.seal(health_data.without(body)),
                *subject.hashed(here.vault),
                key if entry["code"] != "id_reused" else None,
            )
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
    raw = here.vault.open(entry["sealed"])
    if entry["import_id"] is not None:
        if entry["undo_asked_at"] is not None:
            raise Problem(409, "conflict", "This row's upload was taken back: send the row in another one.")
        refusal = await here.writer.submit(_corrected_row(here, principal, entry, raw["cells"]))
        if isinstance(refusal, Refusal):
            raise Problem(422, refusal.code, refusal.detail, field=refusal.field)
        return {"accepted": 1, "duplicates": 0, "rejected": [], "partners": {}}
    item = _item(here, principal, raw)
    check_scope(item.type, principal)
    events = Events(str(principal.agency), principal.regions, [item], entry=entry["id"])
    answer: dict[str, Any] = (await here.writer.submit(events)).body
    if answer["rejected"]:
        reason = answer["rejected"][0]
        raise Problem(422, reason["code"], reason["detail"], field=reason["field"])
    return answer


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


def _item(here: Services, principal: Principal, raw: Any) -> Item:
    reader = EventReader(EventContext(Jurisdiction(here.regions, principal.regions), here.jkp))
    return envelopes.items([raw], str(principal.agency), reader, here.vault, principal.may)[0]


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


def _reading(here: Services, principal: Principal, entry: asyncpg.Record, cells: list[str]) -> tuple[RowReader, Row]:
    """A reader with the context of the entry's import, and the row."""
    header = tuple(entry["header"])
    row = Row(entry["line"], tuple(cells), len(cells) == len(header))
    jurisdiction = Jurisdiction(here.regions, principal.regions)
    declared = entry["list"], entry["list_date"], entry["require_nik"]
    upload = UploadContext(jurisdiction, *declared, here.jkp, uploads.options_of(entry))
    findings = column_findings.of_report(msgspec.json.decode(entry["reading"]))
    return RowReader(entry["kind"], header, upload, findings), row


def _corrected_row(here: Services, principal: Principal, entry: asyncpg.Record, cells: list[str]) -> CorrectedRow:
    reader, row = _reading(here, principal, entry, cells)
    answer = reader.read(row)
    agency, import_id = str(principal.agency), UUID(str(entry["import_id"]))
    order = answer if isinstance(answer, Refusal) else Order(agency, principal.regions, answer, import_id)
    return CorrectedRow(entry["id"], order, agency)


def _as_json(here: Services, row: asyncpg.Record) -> dict[str, Any]:
    return refused.as_json(row, here.vault.open(row["sealed"]))
