"""/v1/imports: uploads and their progress."""

import asyncio
import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Annotated, Any

import asyncpg
import msgspec
from fastapi import APIRouter, Depends, File, Form, Request, Response, UploadFile
from pydantic import BaseModel, Field

from services.registration import audit
from services.registration.api import previews, upload_form
from services.registration.api.access import actor_of, check_scope, member, own_import, reporter, services
from services.registration.identity.ids import Ids
from services.registration.intake.contexts import UploadContext
from services.registration.intake.jurisdiction import Jurisdiction
from services.registration.queries import queries
from services.registration.records.undo import KINDS
from services.registration.runtime import Services
from services.registration.writer import remembered_readings, upload_files
from shared import query_parameters
from shared.database import transaction
from shared.problems import Problem, described
from shared.security import Principal

router = APIRouter(tags=["imports"], dependencies=[Depends(query_parameters.only_known)])

_ids = Ids()

FILE = (
    "CSV or TSV, also as gzip or the one file of a zip; a workbook (XLSX, XLSM, XLS, ODS). Encoding, separator, sheet "
    "and header are found out and reported. The file is kept, sealed, until it was worked off; refused rows, those of "
    "a dry run too, for 90 days unless the operator set another time, or until DELETE."
)

COLUMNS = (
    'JSON: {"column": "meaning", "not read": null}. Remembered, like the fields beside it, for the next files of this '
    "kind with the same header; {} forgets it"
)
REPLACE = (
    "The file is the whole list: who is on it and not in the file leaves it, once all rows are in. Above a fifth of "
    "the list the upload waits for an answer first."
)
ANSWERED_WITHIN = 5.0
"""Seconds that a request to take an upload back waits for it to be done."""


class Confirmation(BaseModel):
    """How many partners may leave the list: `delisting.missing`, as the upload that waits shows it."""

    delisted: Annotated[int, Field(ge=0, strict=True)]


@router.post(
    "/v1/imports",
    status_code=202,
    responses=described(415),
    summary="Upload a file; it is worked off in the background. A dry run answers with a preview within two seconds",
)
async def upload(
    request: Request,
    response: Response,
    principal: Annotated[Principal, Depends(member)],
    here: Annotated[Services, Depends(services)],
    file: Annotated[UploadFile, File(description=FILE)],
    kind: Annotated[str, Form()],
    list: Annotated[str | None, Form()] = None,
    list_date: Annotated[str | None, Form()] = None,
    require: Annotated[str, Form()] = "",
    dry_run: Annotated[bool, Form()] = False,
    replace: Annotated[bool, Form(description=REPLACE)] = False,
    confirm_delisting: Annotated[str | None, Form(description="So many may leave the list without asking")] = None,
    sheet: Annotated[str | None, Form(description="The workbook's sheet; else the one that names most columns")] = None,
    header_row: Annotated[str | None, Form(description="The header's line, counted from 1")] = None,
    columns: Annotated[str | None, Form(description=COLUMNS)] = None,
    date_order: Annotated[str | None, Form(description="dmy or mdy: how 03/04/2021 is read")] = None,
    decimal: Annotated[str | None, Form(description="The mark before a number's fraction: . or ,")] = None,
) -> dict[str, Any]:
    begun = monotonic()
    await query_parameters.only_known_fields(request)
    kind = upload_form.file_kind(kind, principal)
    name = upload_form.list_name(list, file.filename)
    at_most = upload_form.delisting(kind, replace, confirm_delisting)
    options = upload_form.reading_options(kind, sheet, header_row, columns, date_order, decimal)
    day, needs_nik = upload_form.day_of_list(list_date), upload_form.requires_nik(require)
    agency = str(principal.agency)
    remembered = await remembered_readings.of_agency(here.pool, agency, kind)
    if options.forgets:
        await remembered_readings.forget(here.pool, agency, kind, file.file, options, remembered)
    await asyncio.to_thread(upload_form.check_file, file.file, kind, options, remembered)
    seen = None
    if dry_run:
        jurisdiction = Jurisdiction(here.regions, principal.regions)
        declared = UploadContext(jurisdiction, name, day, needs_nik, here.jkp, options)
        seen = await previews.of_beginning(here, file.file, agency, kind, declared, remembered)
    import_id = _ids()
    async with transaction(here.pool) as db:
        await db.execute(
            queries["add_import"],
            import_id,
            agency,
            kind,
            name,
            day,
            needs_nik,
            dry_run,
            json.dumps((seen.options if seen else options).to_json()),
            replace,
            at_most,
            here.vault.seal(seen.preview) if seen else None,
        )
        await upload_files.keep(db, here.vault, import_id, file.file)
        about: audit.Subjects = {"import": str(import_id), "kind": kind, "dry_run": dry_run}
        await audit.note(db, actor_of(principal), "import.uploaded", about)
    (here.dry_runs if dry_run else here.imports).wake()
    response.headers["location"] = f"/v1/imports/{import_id}"
    record = await own_import(here, principal, import_id)
    if seen and seen.preview["is_whole"]:
        record = await previews.settled(here, principal, record, begun + previews.ANSWERED_WITHIN)
    return _as_json(record) | await previews.shown(here, principal, record)


@router.get("/v1/imports", summary="This agency's newest uploads")
async def list_imports(
    principal: Annotated[Principal, Depends(reporter)], here: Annotated[Services, Depends(services)]
) -> list[dict[str, Any]]:
    return [_as_json(record) for record in await here.pool.fetch(queries["imports"], principal.agency)]


@router.get("/v1/imports/{import_id}", summary="How far an upload is, and what became of its rows")
async def get_import(
    import_id: str, principal: Annotated[Principal, Depends(reporter)], here: Annotated[Services, Depends(services)]
) -> dict[str, Any]:
    record = await own_import(here, principal, import_id)
    return _as_json(record) | await previews.shown(here, principal, record)


@router.delete(
    "/v1/imports/{import_id}",
    summary="Cancel one that goes on: what was accepted so far stays. Of one that ended, delete the refused rows",
)
async def delete_import(
    import_id: str, principal: Annotated[Principal, Depends(member)], here: Annotated[Services, Depends(services)]
) -> dict[str, Any]:
    """`deleted` in the answer says what is gone: the file and so many refused rows. What was accepted stays."""
    record = await own_import(here, principal, import_id)
    check_scope(record["kind"], principal)
    async with transaction(here.pool) as db:
        is_cancelled = await db.fetchval(queries["cancel_import"], record["import_id"], principal.agency)
        file = await db.execute(queries["drop_import_file"], record["import_id"]) if is_cancelled else ""
        refused = None if is_cancelled else await db.fetchval(queries["delete_refused_rows"], record["import_id"])
        if is_cancelled:
            await audit.note(db, actor_of(principal), "import.cancelled", {"import": str(record["import_id"])})
        elif refused is not None:
            about = {"import": str(record["import_id"]), "rows": refused}
            await audit.note(db, actor_of(principal), "import.refused_rows_deleted", about)
    deleted = {"file": file not in ("", "DELETE 0"), "refused_rows": refused or 0}
    return _as_json(await own_import(here, principal, import_id)) | {"deleted": deleted}


@router.post(
    "/v1/imports/{import_id}/confirm",
    status_code=202,
    responses=described(409),
    summary="Let those leave a list that its new whole list left out: an upload that waits goes on",
)
async def confirm(
    import_id: str,
    body: Confirmation,
    principal: Annotated[Principal, Depends(member)],
    here: Annotated[Services, Depends(services)],
) -> dict[str, Any]:
    record = await own_import(here, principal, import_id)
    check_scope(record["kind"], principal)
    if record["state"] != "waiting":
        raise Problem(409, "conflict", "This upload waits for no answer.")
    if body.delisted != record["missing"]:
        raise Problem(409, "conflict", f"It is {record['missing']} that would leave the list.", field="delisted")
    async with transaction(here.pool) as db:
        if await db.fetchval(queries["confirm_import"], record["import_id"], body.delisted):
            about: audit.Subjects = {"import": str(record["import_id"]), "delisted": body.delisted}
            await audit.note(db, actor_of(principal), "import.confirmed", about)
    here.imports.wake()
    return _as_json(await own_import(here, principal, import_id))


@router.post(
    "/v1/imports/{import_id}/undo",
    status_code=202,
    responses=described(409),
    summary="Take a whole upload back: its rows go, what they replaced returns, what others listed stays",
)
async def undo(
    import_id: str, principal: Annotated[Principal, Depends(member)], here: Annotated[Services, Depends(services)]
) -> dict[str, Any]:
    """Asked again it changes nothing. `undone_at` is there once it is done, for a large upload some time later."""
    record = await own_import(here, principal, import_id)
    check_scope(record["kind"], principal)
    if record["undo_asked_at"] is None:
        await _ask_undo(here, principal, record)
    with suppress(TimeoutError):
        async with asyncio.timeout(ANSWERED_WITHIN):
            while (record := await own_import(here, principal, import_id))["undo_asked_at"] and not record["undone_at"]:
                here.imports.wake()
                await asyncio.sleep(0.05)
    return _as_json(record)


async def _ask_undo(here: Services, principal: Principal, record: asyncpg.Record) -> None:
    refusal = undo_refusal(record, here.retention_days)
    if refusal is not None:
        raise Problem(409, "conflict", refusal)
    async with transaction(here.pool) as db:
        if await db.fetchval(queries["ask_undo"], record["import_id"]):
            about: audit.Subjects = {"import": str(record["import_id"]), "kind": record["kind"]}
            await audit.note(db, actor_of(principal), "import.undone", about)


def undo_refusal(record: asyncpg.Record, days: int) -> str | None:
    """Why this upload cannot be taken back."""
    if record["dry_run"]:
        return "A dry run changed nothing: there is nothing to take back."
    if record["finished_at"] is None:
        return "This upload goes on: cancel it with DELETE, then take it back."
    if record["kind"] not in KINDS:
        return f"A file of {record['kind']} cannot be taken back: send what is right, which replaces what is there."
    if not record["versions_kept"] or record["finished_at"] < datetime.now(UTC) - timedelta(days=days):
        return f"An upload can be taken back for {days} days; who else listed its rows is not known any more."
    return None


def _as_json(record: asyncpg.Record) -> dict[str, Any]:
    names = ("rows", "skipped", "accepted", "created", "replaced", "unchanged", "rejected")
    counts = {name: record[name] for name in names}
    return {
        "id": str(record["import_id"]),
        "state": record["state"],
        **counts,
        "merged": max(0, record["accepted"] - record["created"] - record["replaced"] - record["unchanged"]),
        "skipped_by": msgspec.json.decode(record["skipped_by"]),
        "rejected_by": msgspec.json.decode(record["rejected_by"]),
        "warnings": msgspec.json.decode(record["warnings"]),
        "kind": record["kind"],
        "list": record["list"],
        "list_date": record["list_date"].isoformat(),
        "dry_run": record["dry_run"],
        "replace": record["replaces"],
        "delisted": record["delisted"],
        "delisting": _delisting(record),
        "undo": _undo(record),
        "undone_at": record["undone_at"].isoformat() if record["undone_at"] else None,
        "columns": [{"header": name, "read_as": meaning} for name, meaning in msgspec.json.decode(record["columns"])],
        "reading": msgspec.json.decode(record["reading"]),
        "detail": record["detail"],
        "created_at": record["created_at"].isoformat(),
        "finished_at": record["finished_at"].isoformat() if record["finished_at"] else None,
        "refused_deleted_at": record["refused_deleted_at"].isoformat() if record["refused_deleted_at"] else None,
    }


def _delisting(record: asyncpg.Record) -> dict[str, int] | None:
    """Of a whole list, once its rows are in: partners on it before, those not in the file, refused rows of nobody."""
    if record["listed"] is None:
        return None
    return {"listed": record["listed"], "missing": record["missing"], "refused_unmatched": record["unmatched"]}


def _undo(record: asyncpg.Record) -> dict[str, Any] | None:
    """How far the upload is taken back: rows that went, that are again as before, and that others list as well."""
    if record["undo_asked_at"] is None and record["undo_detail"] is None:
        return None
    state = "done" if record["undone_at"] else "running" if record["undo_asked_at"] else "failed"
    counts = {name: record[f"undo_{name}"] for name in ("removed", "restored", "kept")}
    return {"state": state, **counts, "detail": record["undo_detail"]}
