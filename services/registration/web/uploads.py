"""The uploads that were sent, and one of them: as it goes on, what became of it, and what is decided of it."""

import re
from collections.abc import Sequence
from typing import Annotated, Any

import asyncpg
from fastapi import Depends, Form
from starlette.responses import Response

from services.registration.api import imports, upload_decisions
from services.registration.api.access import check_scope, own_import, reporter, sender, services
from services.registration.api.parameters import BEFORE_ALL, position
from services.registration.api.upload_decisions import Confirmation
from services.registration.intake import scopes
from services.registration.queries import queries
from services.registration.runtime import Services
from services.registration.web import preview, upload_words, words
from shared.problems import Problem
from shared.security import Principal
from shared.web.pages import Page, SignedIn, pages

router = pages()

SHOWN = 25
Reporter = Annotated[Principal, Depends(reporter)]
Sender = Annotated[Principal, Depends(sender)]
Here = Annotated[Services, Depends(services)]


@router.get("/uploads")
async def history(page: SignedIn, principal: Reporter, here: Here, cursor: str | None = None) -> Response:
    before = None if cursor is None else position(cursor)
    found = await here.pool.fetch(queries["imports_page"], principal.agency, before, SHOWN + 1)
    return page.render(
        "uploads.html",
        uploads=await rows_of_table(page, here, found[:SHOWN]),
        cursor=found[SHOWN - 1]["import_id"] if len(found) > SHOWN else None,
        is_first=cursor is None,
        states=upload_words.states(page.language.gettext),
        kinds=words.kinds(page.language),
        may_send=may_send(principal),
    )


@router.get("/uploads/{import_id}")
async def show(page: SignedIn, import_id: str, principal: Reporter, here: Here) -> Response:
    record = await own_import(here, principal, import_id)
    if record["dry_run"]:
        return await preview.page_of(page, here, principal, record)
    return await _page(page, here, principal, record)


@router.post("/uploads/{import_id}/cancel")
async def cancel(page: SignedIn, import_id: str, principal: Sender, here: Here) -> Response:
    """One that goes on or waits for an answer; what was accepted stays, and nobody leaves the list."""
    record = await own_import(here, principal, import_id)
    check_scope(record["kind"], principal)
    if record["dry_run"]:
        await preview.give_up(here, principal, record)
        return page.go_to("/uploads/new")
    if record["finished_at"] is None:
        await imports.delete_import(import_id, principal, here)
    return page.go_to(f"/uploads/{record['import_id']}")


@router.post("/uploads/{import_id}/confirm")
async def confirm(
    page: SignedIn, import_id: str, principal: Sender, here: Here, delisted: Annotated[str, Form()] = ""
) -> Response:
    record = await own_import(here, principal, import_id)
    check_scope(record["kind"], principal)
    if not re.fullmatch("[0-9]{1,9}", delisted):
        raise Problem(422, "invalid_value", "delisted is a number of partners.", field="delisted")
    if record["state"] == "waiting":
        await upload_decisions.confirm(import_id, Confirmation(delisted=int(delisted)), principal, here)
    return page.go_to(f"/uploads/{record['import_id']}")


@router.get("/uploads/{import_id}/leaving")
async def leaving(
    page: SignedIn, import_id: str, principal: Reporter, here: Here, cursor: str | None = None
) -> Response:
    """Who would leave the list, while the upload waits for an answer to that."""
    record = await own_import(here, principal, import_id)
    check_scope(record["kind"], principal)
    found = []
    if record["state"] == "waiting":
        of_list = record["import_id"], record["agency"], record["list"], position(cursor) if cursor else BEFORE_ALL
        found = await here.pool.fetch(queries["leaving_page"], *of_list, SHOWN + 1)
    names = [
        {"name": here.vault.open(each["sealed"])["name"], "region": region_name(here, each["region"])}
        for each in found[:SHOWN]
    ]
    after = found[SHOWN - 1]["partner_id"] if len(found) > SHOWN else None
    return page.render("leaving.html", upload=shown(record), names=names, cursor=after)


@router.get("/uploads/{import_id}/undo")
async def ask_undo(page: SignedIn, import_id: str, principal: Sender, here: Here) -> Response:
    record = await own_import(here, principal, import_id)
    check_scope(record["kind"], principal)
    (upload,) = await rows_of_table(page, here, [record])
    return page.render("undo.html", upload=upload, may=_may_undo(here, principal, record))


@router.post("/uploads/{import_id}/undo")
async def undo(page: SignedIn, import_id: str, principal: Sender, here: Here) -> Response:
    record = await own_import(here, principal, import_id)
    await upload_decisions.undo(import_id, principal, here)
    return page.go_to(f"/uploads/{record['import_id']}")


async def _page(page: Page, here: Services, principal: Principal, record: asyncpg.Record) -> Response:
    _ = page.language.gettext
    upload = shown(record)
    reasons = await here.pool.fetch(queries["refused_reasons"], record["import_id"])
    left = sum(each["rows"] for each in reasons)
    return page.render(
        "upload.html",
        upload=upload,
        figures=record,
        accepted_as=upload_words.accepted_as(_, record),
        corrected=corrected(record, left),
        goes_on=goes_on(record),
        states=upload_words.states(_),
        kinds=words.kinds(page.language),
        meanings=words.columns(page.language),
        skipped=upload_words.skipped(_),
        problem=_why_failed(page, record),
        reasons=[
            (each["code"], each["rows"], upload_words.reason(page.language, each["code"], None)) for each in reasons
        ],
        left=left,
        warnings=[(upload_words.warning(page.language, code), rows) for code, rows in upload["warnings"].items()],
        may_act=_may_act(principal, record),
        may_see_rows=scopes.lacking(record["kind"], principal.may) is None,
        may_undo=_may_undo(here, principal, record),
        lists_partners=record["kind"] in ("partners", "persons")
        and (principal.may("read") or principal.may("publish")),
    )


def shown(record: asyncpg.Record) -> dict[str, Any]:
    """An upload as its JSON has it, and whose it is."""
    return imports.as_json(record) | {"agency": record["agency"]}


async def rows_of_table(page: Page, here: Services, records: Sequence[asyncpg.Record]) -> list[dict[str, Any]]:
    """Uploads with what became of their accepted and refused rows."""
    refused = await here.pool.fetch(queries["refused_left"], [each["import_id"] for each in records])
    left = {each["import_id"]: each["rows"] for each in refused}
    _ = page.language.gettext
    return [
        shown(each)
        | {
            "accepted_as": upload_words.accepted_as(_, each),
            "left": left.get(each["import_id"], 0),
            "corrected": corrected(each, left.get(each["import_id"], 0)),
        }
        for each in records
    ]


def corrected(record: asyncpg.Record, left: int) -> int:
    """Refused rows that are refused no more: corrected, sent again in a newer file, or given up by somebody."""
    is_over = record["refused_deleted_at"] is not None or record["undo_asked_at"] is not None
    return 0 if is_over or record["dry_run"] else max(0, record["rejected"] - left)


def goes_on(record: asyncpg.Record) -> bool:
    """Whether it changes by itself."""
    is_undone = record["undo_asked_at"] is not None and record["undone_at"] is None and record["undo_detail"] is None
    return record["state"] in ("queued", "running") or is_undone


def region_name(here: Services, code: str | None) -> str:
    found = here.regions.get(code) if code else None
    return found.name if found else code or ""


def _why_failed(page: Page, record: asyncpg.Record) -> str | None:
    if record["state"] != "failed" or not record["detail"]:
        return None
    return upload_words.of_file(page.language.gettext, record["detail"])


def may_send(principal: Principal) -> bool:
    return not principal.admin and any(map(principal.may, scopes.SENDING))


def _may_act(principal: Principal, record: asyncpg.Record) -> bool:
    return principal.agency == record["agency"] and scopes.lacking(record["kind"], principal.may) is None


def _may_undo(here: Services, principal: Principal, record: asyncpg.Record) -> bool:
    is_asked = record["undo_asked_at"] is not None
    refusal = upload_decisions.undo_refusal(record, here.retention_days)
    return _may_act(principal, record) and not is_asked and refusal is None
