"""/v1/imports: uploads and their progress."""

from typing import Annotated, Any

import asyncpg
import msgspec
from fastapi import APIRouter, BackgroundTasks, Depends, File, Form, Query, Request, Response, UploadFile

from services.registration import audit
from services.registration.api import import_start, previews, upload_form
from services.registration.api.access import actor_of, check_scope, own_import, reporter, sender, services
from services.registration.api.import_start import Declared
from services.registration.api.within_quota import WithinQuota
from services.registration.intake import columns as meanings
from services.registration.intake import list_names
from services.registration.queries import queries
from services.registration.runtime import Services
from shared import query_parameters
from shared.database import transaction
from shared.openapi import answered_with
from shared.problems import described
from shared.security import Principal

router = APIRouter(tags=["imports"], dependencies=[Depends(query_parameters.only_known)])
receiving = APIRouter(tags=router.tags, dependencies=router.dependencies, route_class=WithinQuota)
"""The routes whose body is only read while the agency has room for it."""

FILE = (
    "CSV, TSV or NDJSON, also as gzip or the one file of a zip; a workbook (XLSX, XLSM, XLS, ODS). How to read it is "
    "found out and reported. It is kept, sealed, until it was worked off; refused rows, those of a dry run too, for 90 "
    "days unless the operator set another time, or until DELETE."
)

COLUMNS = (
    'JSON: {"column": "meaning", "not read": null}. Remembered, like header_row, date_order and decimal, for '
    "the next files of this kind with the same header; {} forgets it"
)
REPLACE = (
    "The file is the whole list: who is on it and not in the file leaves it, once all rows are in. Above a fifth of "
    "the list the upload waits for an answer first."
)


@receiving.post(
    "/v1/imports",
    status_code=202,
    responses=described(409, 415) | answered_with(202, {"Location": "Where the import shows how far it is"}),
    summary="Upload a file; it is worked off in the background. A dry run answers with a preview within two seconds",
)
async def begin_import(
    request: Request,
    response: Response,
    afterwards: BackgroundTasks,
    principal: Annotated[Principal, Depends(sender)],
    here: Annotated[Services, Depends(services)],
    kind: Annotated[str, Form(description="What the rows are", json_schema_extra={"enum": [*meanings.KINDS]})],
    file: Annotated[UploadFile | None, File(description=FILE)] = None,
    upload: Annotated[str | None, Form(description="Instead of a file: the id of one sent to /v1/uploads")] = None,
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
    tries: Annotated[str | None, Query(alias="dry_run", description="As in the form; ?dry_run alone is true")] = None,
) -> dict[str, Any]:
    await query_parameters.only_known_fields(request)
    kind = upload_form.file_kind(kind, principal)
    declared = Declared(
        kind=kind,
        list=list,
        day=upload_form.day_of_list(list_date),
        needs_nik=upload_form.requires_nik(require),
        dry_run=dry_run or upload_form.tries(tries),
        replaces=replace,
        at_most=upload_form.delisting(kind, replace, confirm_delisting),
        options=upload_form.reading_options(kind, sheet, header_row, columns, date_order, decimal),
    )
    begun = await import_start.begin(here, principal, declared, file, upload)
    if begun.unkept is not None:
        afterwards.add_task(import_start.keep_file, here, begun.import_id, begun.unkept)
    record = await previews.settled(here, principal, await own_import(here, principal, begun.import_id), begun.until)
    response.headers["location"] = f"/v1/imports/{begun.import_id}"
    return await in_full(here, principal, record)


@router.get("/v1/imports", summary="This agency's newest uploads")
async def list_imports(
    principal: Annotated[Principal, Depends(reporter)], here: Annotated[Services, Depends(services)]
) -> list[dict[str, Any]]:
    return [as_json(record) for record in await here.pool.fetch(queries["imports"], principal.agency)]


@router.get("/v1/imports/{import_id}", summary="How far an upload is, and what became of its rows")
async def get_import(
    import_id: str, principal: Annotated[Principal, Depends(reporter)], here: Annotated[Services, Depends(services)]
) -> dict[str, Any]:
    return await in_full(here, principal, await own_import(here, principal, import_id))


async def in_full(here: Services, principal: Principal, record: asyncpg.Record) -> dict[str, Any]:
    """The upload with its preview; where its list is new, with the lists of which it may be the next version."""
    known = await here.pool.fetch(queries["lists_before"], record["import_id"], record["agency"], record["kind"])
    similar = list_names.similar(record["list"], tuple(each["list"] for each in known))
    return as_json(record) | {"similar_lists": similar} | await previews.shown(here, principal, record)


@router.delete(
    "/v1/imports/{import_id}",
    summary="Cancel one that goes on: what was accepted so far stays. Of one that ended, delete the refused rows",
)
async def delete_import(
    import_id: str, principal: Annotated[Principal, Depends(sender)], here: Annotated[Services, Depends(services)]
) -> dict[str, Any]:
    """`deleted` in the answer says what is gone: the file and so many refused rows. What was accepted stays."""
    record = await own_import(here, principal, import_id)
    check_scope(record["kind"], principal)
    async with transaction(here.pool) as db:
        is_cancelled = await db.fetchval(queries["cancel_import"], record["import_id"], principal.agency)
        file = await db.execute(queries["drop_unused_file"], record["file_id"]) if is_cancelled else ""
        refused = None if is_cancelled else await db.fetchval(queries["delete_refused_rows"], record["import_id"])
        if is_cancelled:
            await audit.note(db, actor_of(principal), "import.cancelled", {"import": str(record["import_id"])})
        elif refused is not None:
            about = {"import": str(record["import_id"]), "rows": refused}
            await audit.note(db, actor_of(principal), "import.refused_rows_deleted", about)
    deleted = {"file": file not in ("", "DELETE 0"), "refused_rows": refused or 0}
    return as_json(await own_import(here, principal, import_id)) | {"deleted": deleted}


def as_json(record: asyncpg.Record) -> dict[str, Any]:
    """An upload as its agency sees it."""
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
        "notes": msgspec.json.decode(record["notes"]),
        "kind": record["kind"],
        "list": record["list"],
        "list_date": record["list_date"].isoformat(),
        "dry_run": record["dry_run"],
        "replace": record["replaces"],
        "delisted": record["delisted"],
        "delisting": _delisting(record),
        "undo": _undo(record),
        "undone_at": record["undone_at"].isoformat() if record["undone_at"] else None,
        "columns": _columns(record),
        "reading": msgspec.json.decode(record["reading"]),
        "detail": record["detail"],
        "created_at": record["created_at"].isoformat(),
        "finished_at": record["finished_at"].isoformat() if record["finished_at"] else None,
        "refused_deleted_at": record["refused_deleted_at"].isoformat() if record["refused_deleted_at"] else None,
    }


def _columns(record: asyncpg.Record) -> list[dict[str, Any]]:
    """`note` is only there where something is to be said."""
    return [
        {"header": name, "read_as": meaning} | ({"note": note[0]} if note and note[0] else {})
        for name, meaning, *note in msgspec.json.decode(record["columns"])
    ]


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
