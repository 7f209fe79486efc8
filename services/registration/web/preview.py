"""A file as it is understood, before anything of it is written: read it again otherwise, start, or give it up."""

from collections.abc import Mapping
from typing import Annotated, Any, cast

import asyncpg
import msgspec
from fastapi import Depends
from starlette.responses import Response

from services.registration.api import import_start, imports, previews, upload_form, uploads
from services.registration.api.access import check_scope, own_import, sender, services
from services.registration.api.import_start import Declared
from services.registration.intake import column_report, columns, repeated_keys, scopes
from services.registration.intake.files.reading_options import ReadingOptions
from services.registration.queries import queries
from services.registration.runtime import Services
from services.registration.web import sent_files, upload_words, words
from services.registration.web.sent_files import Changes
from services.registration.writer import uploads as read_uploads
from services.registration.writer.list_steps import ASKED_FROM
from shared.database import transaction
from shared.problems import Problem
from shared.security import Principal
from shared.web.pages import Page, SignedIn, pages, sent_form

router = pages()

SAID_OF_THE_LIST = ("list", "listed_on")
"""What is the same of all rows, as the form says it."""
Sender = Annotated[Principal, Depends(sender)]
Here = Annotated[Services, Depends(services)]


async def page_of(
    page: Page,
    here: Services,
    principal: Principal,
    record: asyncpg.Record,
    *,
    status: int = 200,
    problem: str | None = None,
) -> Response:
    taken = await here.pool.fetchval(queries["import_of_upload"], record["file_id"], record["agency"])
    if taken is not None:
        return page.go_to(f"/uploads/{taken}")
    _ = page.language.gettext
    report = await imports.in_full(here, principal, record) | {"agency": record["agency"]}
    seen = report.get("preview")
    is_through = record["state"] == "done"
    counts = report if is_through else seen["counts"] if seen else None
    may_send = principal.agency == record["agency"] and scopes.lacking(record["kind"], principal.may) is None
    options = msgspec.json.decode(record["options"])
    usable = columns.usable(record["kind"])
    meanings = words.columns(page.language)
    return page.render(
        "preview.html",
        status=status,
        upload=report,
        similar=report["similar_lists"],
        file_id=record["file_id"],
        figures=record,
        corrected=0,
        goes_on=record["state"] in ("queued", "running"),
        kinds=words.kinds(page.language),
        meanings=meanings,
        only_checked=column_report.only_checked(record["kind"]),
        repeated=_repeated(page, record["kind"], seen),
        usable=sorted(usable, key=lambda meaning: meanings.get(meaning, meaning)),
        skipped=upload_words.skipped(_),
        seen=seen,
        counts=counts,
        is_through=is_through,
        accepted_as=upload_words.accepted_as(_, record),
        rows=_rows(here, page, record["kind"], seen, meanings) if seen else None,
        reasons=_reasons(page, counts),
        warnings=[
            (upload_words.warning(page.language, code), rows)
            for code, rows in (counts or {"warnings": {}})["warnings"].items()
        ],
        problem=problem or _why_failed(page, record),
        options=options,
        asks_about=_doubts(seen, options),
        is_kept=may_send and await uploads.kept_file(here, principal, str(record["file_id"])) is not None,
        asks_to_confirm=_asks_to_confirm(report),
        states=upload_words.states(_),
    )


@router.post("/uploads/{import_id}/read")
async def read_again(page: SignedIn, import_id: str, principal: Sender, here: Here) -> Response:
    """Reads the file anew as the form says, or starts the upload if the form says nothing new."""
    record = await own_import(here, principal, import_id)
    check_scope(record["kind"], principal)
    form = await sent_form(page.request)
    if not record["dry_run"]:
        return page.go_to(f"/uploads/{record['import_id']}")
    seen = (await previews.shown(here, principal, record)).get("preview")
    options = msgspec.json.decode(record["options"])
    asked = sent_files.changes(form, seen["columns"] if seen else [], options.get("columns", {}))
    is_changed = sent_files.is_changed(asked, options, (seen or {"reading": {}})["reading"].get("sheet", ""))
    is_to_start = form.get("do") == "start"
    try:
        if is_to_start and not is_changed:
            return await _start(page, here, principal, record, str(form.get("confirm_delisting", "")))
        return await _read(page, here, principal, record, asked)
    except Problem as problem:
        if problem.status not in (409, 422):
            raise
        sentence = _sentence(page, problem)
        return await page_of(page, here, principal, record, status=422, problem=sentence)


async def give_up(here: Services, principal: Principal, record: asyncpg.Record) -> None:
    """The file goes, and the dry run with what it found."""
    check_scope(record["kind"], principal)
    async with transaction(here.pool) as db:
        await db.fetchval(queries["delete_upload"], record["file_id"], principal.agency)
        await db.fetchval(queries["cancel_import"], record["import_id"], principal.agency)
        await db.fetchval(queries["delete_refused_rows"], record["import_id"])
        await db.execute(queries["delete_dry_run"], record["import_id"])
        await db.execute(queries["drop_unused_file"], record["file_id"])


async def _start(page: Page, here: Services, principal: Principal, record: asyncpg.Record, confirmed: str) -> Response:
    """The same import however often it is asked for."""
    at_most = upload_form.delisting(record["kind"], record["replaces"], confirmed)
    declared = _declared(record, read_uploads.options_of(record), at_most, dry_run=False)
    begun = await import_start.begin(here, principal, declared, None, str(record["file_id"]))
    await here.pool.fetchval(queries["cancel_import"], record["import_id"], principal.agency)
    return page.go_to(f"/uploads/{begun.import_id}")


async def _read(page: Page, here: Services, principal: Principal, record: asyncpg.Record, asked: Changes) -> Response:
    options = upload_form.reading_options(
        record["kind"], asked.sheet, asked.header_row, asked.columns_field, asked.date_order, asked.decimal
    )
    declared = _declared(record, options, None, dry_run=True)
    begun = await import_start.begin(here, principal, declared, None, str(record["file_id"]))
    await here.pool.fetchval(queries["cancel_import"], record["import_id"], principal.agency)
    await previews.settled(here, principal, await own_import(here, principal, begun.import_id), begun.until)
    return page.go_to(f"/uploads/{begun.import_id}")


def _declared(record: asyncpg.Record, options: ReadingOptions, at_most: int | None, *, dry_run: bool) -> Declared:
    return Declared(
        kind=record["kind"],
        list=record["list"],
        day=record["list_date"],
        needs_nik=record["require_nik"],
        dry_run=dry_run,
        replaces=record["replaces"],
        at_most=at_most,
        options=options,
    )


def _repeated(page: Page, kind: str, seen: dict[str, Any] | None) -> list[tuple[str, str]]:
    """The column by which rows of the file replace each other, and what is to be said of that."""
    key = repeated_keys.KEYS.get(cast(columns.FileKind, kind))
    found = seen["columns"] if seen else []
    return [
        (each["header"], page.language.sentence(each["note"]))
        for each in found
        if each.get("note") and each["read_as"] == key
    ]


def _rows(here: Services, page: Page, kind: str, seen: dict[str, Any], meanings: Mapping[str, str]) -> dict[str, Any]:
    """The first rows as understood, a column a meaning, in the order of the file's columns."""
    in_file = [each["read_as"] for each in seen["columns"] if each["read_as"]]
    not_shown = (*SAID_OF_THE_LIST, *column_report.only_checked(kind))
    found = [name for row in seen["rows"] for name in row["fields"] if name not in not_shown]
    names = [
        name for name in dict.fromkeys([*in_file, *found]) if name in found and (name != "kind" or name in in_file)
    ]
    return {
        "names": [meanings.get(name, name) for name in names],
        "rows": [
            {
                "line": row["line"],
                "cells": [_text(here, page, name, row["fields"].get(name)) for name in names],
                "refused": row["refused"]
                and upload_words.reason(page.language, row["refused"]["code"], row["refused"]["detail"]),
                "field": row["refused"] and meanings.get(row["refused"]["field"] or "", ""),
                "warnings": [upload_words.warning(page.language, code) for code in row["warnings"]],
            }
            for row in seen["rows"]
        ],
    }


def _text(here: Services, page: Page, name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    if name in ("kind", "scale"):
        named = (words.kinds if name == "kind" else words.scales)(page.language)
        return named.get(str(value), str(value))
    region = here.regions.get(str(value)) if name == "region" else None
    return f"{region.name} ({value})" if region else str(value)


def _reasons(page: Page, counts: dict[str, Any] | None) -> list[tuple[upload_words.Reason, int]]:
    refused = (counts or {"rejected_by": {}})["rejected_by"]
    return [(upload_words.reason(page.language, code, None), rows) for code, rows in refused.items()]


def _doubts(seen: dict[str, Any] | None, options: dict[str, Any]) -> dict[str, Any]:
    """What of the reading there is a menu for: sheets; the order of dates and the decimal mark where there are any."""
    reading = seen["reading"] if seen else {}
    read_as = {each["read_as"] for each in seen["columns"]} if seen else set()
    sheets = [reading.get("sheet"), *reading.get("other_sheets", ()), *reading.get("hidden_sheets", ())]
    return {
        "sheets": [sheet for sheet in sheets if sheet],
        "sheet": reading.get("sheet", ""),
        "similar": reading.get("similar_sheets", []),
        "header_row": options.get("header_row") or "",
        "found_header": reading.get("header_row"),
        "dates": bool(read_as & {"date", "effective_on", "until", "from", "occurred_on", "paid_on", "held_on"}),
        "numbers": bool(read_as & {"workers", "management", "staff", "labour", "men", "women", "amount", "value"}),
        "date_order": options.get("date_order") or "",
        "decimal": options.get("decimal") or "",
        "missing": reading.get("missing_columns", []),
        "remembered": reading.get("remembered_since"),
        "hidden_rows": reading.get("hidden_rows"),
    }


def _asks_to_confirm(report: dict[str, Any]) -> int | None:
    """How many would leave the list, if these are so many that it is asked for."""
    leaving = report["delisting"]
    if not report["replace"] or leaving is None:
        return None
    missing: int = leaving["missing"]
    return missing if missing > leaving["listed"] // ASKED_FROM else None


def _why_failed(page: Page, record: asyncpg.Record) -> str | None:
    if record["state"] != "failed":
        return None
    return upload_words.of_file(page.language.gettext, record["detail"] or "")


def _sentence(page: Page, problem: Problem) -> str:
    _ = page.language.gettext
    if problem.extra.get("field") == "columns" and "same meaning" in problem.detail:
        return _("Two columns have the same meaning. Choose another one for one of them, or “not read”.")
    if problem.extra.get("field") in ("file", "columns", "sheet", "header_row"):
        return upload_words.of_file(_, problem.detail)
    return upload_words.reason(page.language, problem.code, problem.detail).meaning
