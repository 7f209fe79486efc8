"""The refused rows of an upload, each with its cells as sent and what to do; they are corrected one by one in place."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import asyncpg
import msgspec
from fastapi import Depends
from starlette.datastructures import FormData
from starlette.responses import Response

from services.registration.api import downloads, quarantine
from services.registration.api import refused as refused_entries
from services.registration.api.access import check_scope, overseer, own_import, sender, services
from services.registration.api.parameters import BEFORE_ALL
from services.registration.api.quarantine import Changed
from services.registration.intake import columns, returned_rows, values
from services.registration.queries import queries
from services.registration.runtime import Services
from services.registration.web import upload_words, uploads, words
from shared.problems import Problem, not_found
from shared.refusals import REFUSALS
from shared.security import Principal
from shared.web.pages import Page, SignedIn, pages, sent_form

router = pages()

SHOWN = 10
LONG = 60
"""Characters from which a cell is edited in several lines."""
Here = Annotated[Services, Depends(services)]


@dataclass(frozen=True)
class Cell:
    """One cell of a refused row: where it is in the file's header, and whether the refusal is about it."""

    at: int
    header: str
    read_as: str | None
    text: str
    is_marked: bool

    @property
    def is_long(self) -> bool:
        return len(self.text) > LONG or "\n" in self.text


@router.get("/uploads/{import_id}/refused")
async def refused(
    page: SignedIn,
    import_id: str,
    principal: Annotated[Principal, Depends(overseer)],
    here: Here,
    code: str | None = None,
    cursor: str | None = None,
    accepted: str | None = None,
    gone: str | None = None,
) -> Response:
    """`accepted`: the line of a row that has just been accepted; `gone`: one that was not among them any more."""
    record = await own_import(here, principal, import_id)
    check_scope(record["kind"], principal)
    if principal.admin:
        await downloads.note(here, principal, "rejected.exported", record)
    return await _page(
        page, here, principal, record, code=code, cursor=cursor, accepted=accepted, is_gone=gone is not None
    )


@router.post("/uploads/{import_id}/refused/{entry_id}")
async def correct(
    page: SignedIn, import_id: str, entry_id: str, principal: Annotated[Principal, Depends(sender)], here: Here
) -> Response:
    """Takes the row with its cells as typed, as a row of the same file; what is still refused keeps what was typed."""
    record = await own_import(here, principal, import_id)
    check_scope(record["kind"], principal)
    form = await sent_form(page.request)
    entry = await _entry(here, principal, record, entry_id)
    if entry is None:
        return await _left(page, here, record, form, None)
    typed = _typed(record["header"], form)
    try:
        version = str(form.get("version") or refused_entries.version_of(entry))
        await quarantine.correct(entry_id, {"cells": typed}, principal, here, version)
        await quarantine.retry(entry_id, principal, here)
    except Problem as problem:
        if problem.status == 404:  # meanwhile somebody else corrected it
            return await _left(page, here, record, form, None)
        if problem.status not in (409, 422):
            raise
        now = await _entry(here, principal, record, entry_id)
        if isinstance(problem, Changed) and now is not None:
            row = _row(page, record, now, here.vault.open(now["sealed"])["cells"]) | {"is_changed": True}
            return await _shown_again(page, here, principal, record, row)
        return await _still_refused(page, here, principal, record, now or entry, typed, problem)
    return await _left(page, here, record, form, entry["line"])


async def _still_refused(
    page: Page,
    here: Services,
    principal: Principal,
    record: asyncpg.Record,
    entry: asyncpg.Record,
    typed: list[str],
    problem: Problem,
) -> Response:
    row = _row(
        page,
        record,
        {**dict(entry), "code": problem.code, "field": problem.extra.get("field"), "detail": problem.detail},
        typed,
    )
    return await _shown_again(page, here, principal, record, row)


async def _shown_again(
    page: Page, here: Services, principal: Principal, record: asyncpg.Record, row: dict[str, Any]
) -> Response:
    """The row in its place, or first of all."""
    if page.is_fragment:
        return page.render(
            "refused_row.html", upload=uploads.shown(record), row=row, may_act=True, is_anew=True, back=""
        )
    return await _page(page, here, principal, record, status=422, first=row)


async def _left(page: Page, here: Services, record: asyncpg.Record, form: FormData, line: int | None) -> Response:
    """After a row that is refused no more; line None: it was gone before."""
    code = str(form["code"]) if form.get("code") in REFUSALS else ""
    if page.is_fragment:
        counted = await _counted(page, here, record)
        return page.render("refused_row_left.html", line=line, upload=uploads.shown(record), code=code, **counted)
    said = "gone=1" if line is None else f"accepted={line}"
    kept = f"&code={code}" if code else ""
    return page.go_to(f"/uploads/{record['import_id']}/refused?{said}{kept}")


async def _counted(page: Page, here: Services, record: asyncpg.Record) -> dict[str, Any]:
    """How many rows are refused still, in all and by reason."""
    reasons = await here.pool.fetch(queries["refused_reasons"], record["import_id"])
    return {
        "left": sum(each["rows"] for each in reasons),
        "reasons": [
            (each["code"], each["rows"], upload_words.reason(page.language, each["code"], None)) for each in reasons
        ],
    }


async def _page(
    page: Page,
    here: Services,
    principal: Principal,
    record: asyncpg.Record,
    *,
    status: int = 200,
    code: str | None = None,
    cursor: str | None = None,
    accepted: str | None = None,
    is_gone: bool = False,
    first: dict[str, Any] | None = None,
) -> Response:
    line, after = _position(cursor)
    code = code if code in REFUSALS else None
    asked = record["import_id"], line, after, SHOWN + 1
    if code is None:
        found = await here.pool.fetch(queries["refused_page"], *asked)
    else:
        found = await here.pool.fetch(queries["refused_page_of_code"], *asked, code)
    rows = [_row(page, record, each, here.vault.open(each["sealed"])["cells"]) for each in found[:SHOWN]]
    if first is not None:
        rows = [first, *(each for each in rows if each["id"] != first["id"])]
    last = found[SHOWN - 1] if len(found) > SHOWN else None
    counted = await _counted(page, here, record)
    return page.render(
        "refused.html",
        status=status,
        upload=uploads.shown(record) | {"corrected": uploads.corrected(record, counted["left"])},
        kinds=words.kinds(page.language),
        rows=rows,
        **counted,
        code=code or "",
        cursor=f"{last['line']}.{last['id']}" if last else None,
        accepted=accepted if accepted and accepted.isdecimal() else None,
        is_gone=is_gone,
        is_first=first["id"] if first else None,
        may_act=principal.agency == record["agency"] and record["undo_asked_at"] is None,
    )


def _position(cursor: str | None) -> tuple[int, UUID]:
    line, _, entry = (cursor or "0.").partition(".")
    after = values.uuid_or_none(entry) if entry else BEFORE_ALL
    if after is None or not (line.isascii() and line.isdigit() and len(line) < 10):
        raise Problem(422, "invalid_value", "This cursor was not given by us.", field="cursor")
    return int(line), after


async def _entry(here: Services, principal: Principal, record: asyncpg.Record, entry_id: str) -> asyncpg.Record | None:
    """The row, if it is one of this upload and refused still."""
    asked = values.uuid_or_none(entry_id)
    if asked is None or record["dry_run"]:
        raise not_found()
    found = await here.pool.fetchrow(queries["quarantined"], asked, principal.agency)
    return found if found is not None and found["import_id"] == record["import_id"] else None


def _typed(header: list[str], form: FormData) -> list[str]:
    """The cells as typed; of columns that are ours, which no form has, nothing."""
    cells = [form.get(f"cell-{at}", "") for at in range(len(header))]
    return [cell.replace("\r\n", "\n") if isinstance(cell, str) else "" for cell in cells]


def _row(page: Page, record: asyncpg.Record, entry: Any, sent: list[str]) -> dict[str, Any]:
    header, field = list(record["header"]), entry["field"]
    chosen = msgspec.json.decode(record["options"]).get("columns", {})
    read_as = columns.read_as(record["kind"], tuple(header), chosen)
    fitted = sent if len(sent) == len(header) else downloads.fitted(sent, len(header))
    names = words.columns(page.language)
    cells = [
        Cell(at, header[at], names.get(read_as[at] or ""), fitted[at], field is not None and read_as[at] == field)
        for at in returned_rows.own(header)
    ]
    return {
        "id": str(entry["id"]),
        "version": refused_entries.version_of(entry),
        "is_changed": False,
        "line": entry["line"],
        "cells": cells,
        "code": entry["code"],
        "field": names.get(field or "", field),
        "is_marked": any(cell.is_marked for cell in cells),
        "reason": upload_words.reason(page.language, entry["code"], entry["detail"]),
    }
