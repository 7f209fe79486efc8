"""/v1/imports: files, their progress, what was refused and who on the list is not registered."""

import asyncio
import csv
import io
import itertools
import re
from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import msgspec
from fastapi import APIRouter, Depends, File, Form, Request, Response, UploadFile

from services.registration.api.access import member, onlooker, services
from services.registration.identity.ids import Ids
from services.registration.intake import columns, tables, values
from services.registration.intake.values import Refusal
from services.registration.queries import queries
from services.registration.runtime import Services
from shared.database import transaction
from shared.problems import Problem, not_found
from shared.security import Principal

router = APIRouter(tags=["imports"])

MOST_BYTES = 64 << 20
SCOPE = {"partners": "publish", "persons": "publish", "enrollments": "enroll", "claims": "enroll"}
JAKARTA = ZoneInfo("Asia/Jakarta")
FORMULA = re.compile(r"\s*[=+\-@]|[\t\r]")
PHONE = re.compile(r"\+\d+")
NOTHING = UUID(int=0)
_ids = Ids()


def today() -> date:
    return datetime.now(JAKARTA).date()


@router.post("/v1/imports", status_code=202, summary="Upload a file; it is worked off in the background")
async def upload(
    request: Request,
    response: Response,
    principal: Annotated[Principal, Depends(member)],
    here: Annotated[Services, Depends(services)],
    file: Annotated[UploadFile, File(description="CSV; encoding, separator and header are detected")],
    kind: Annotated[str, Form()],
    list: Annotated[str | None, Form()] = None,
    list_date: Annotated[str | None, Form()] = None,
    require: Annotated[str, Form()] = "",
    dry_run: Annotated[bool, Form()] = False,
) -> dict[str, Any]:
    kind = _kind(kind, principal)
    name = _list_name(list, file.filename)
    content = await _content(file)
    await asyncio.to_thread(_check, kind, content)
    import_id = _ids()
    async with transaction(here.pool) as db:
        await db.execute(
            queries["add_import"],
            import_id,
            principal.agency,
            kind,
            name,
            _list_date(list_date),
            _requires_nik(require),
            dry_run,
        )
        await db.execute(queries["add_import_file"], import_id, here.vault.seal(content))
    here.imports.wake()
    response.headers["location"] = f"/v1/imports/{import_id}"
    return _report(await _own(here, principal, import_id))


def _kind(kind: str, principal: Principal) -> str:
    kind = columns.ALIASES.get(kind, kind)
    if kind not in columns.KINDS:
        raise Problem(422, "invalid_value", f"kind is one of {', '.join(columns.KINDS)}.", field="kind")
    scope = SCOPE.get(kind)
    if not (principal.may(scope) if scope else principal.may("publish") or principal.may("enroll")):
        raise Problem(403, "forbidden", f"This key lacks the scope '{scope or 'publish'}'.")
    return kind


def _requires_nik(text: str) -> bool:
    asked = text.strip().lower()
    if asked not in ("", "nik"):
        raise Problem(422, "invalid_value", "require is nik, or not given.", field="require")
    return asked == "nik"


def _list_name(name: str | None, filename: str | None) -> str:
    name = (name or "").replace("\x00", "").strip()
    stem = re.sub(r"\.[A-Za-z0-9]+$", "", filename or "")
    found = name or re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-") or "default"
    if len(found) > 200:
        raise Problem(422, "invalid_value", "A list's name has at most 200 characters.", field="list")
    return found


def _list_date(text: str | None) -> date:
    if not (text or "").strip():
        return today()
    found = values.day(text or "", "list_date")
    if isinstance(found, Refusal):
        raise Problem(422, found.code, found.detail, field="list_date")
    return found


async def _content(file: UploadFile) -> bytes:
    content = await file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise Problem(413, "too_large", f"A file has at most {MOST_BYTES >> 20} MiB: send it in parts.", field="file")
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise Problem(415, "unsupported_media_type", "This is a workbook: save it as CSV and send that.", field="file")
    return content


def _check(kind: str, content: bytes) -> None:
    refusal = tables.without_header(content, lambda name: columns.recognised(kind, name))
    if refusal is not None:
        raise Problem(422, refusal.code, refusal.detail, field=refusal.field)


@router.get("/v1/imports", summary="This agency's newest uploads")
async def list_imports(
    principal: Annotated[Principal, Depends(onlooker)], here: Annotated[Services, Depends(services)]
) -> list[dict[str, Any]]:
    return [_report(record) for record in await here.pool.fetch(queries["imports"], principal.agency)]


@router.get("/v1/imports/{import_id}", summary="How far an upload is, and what became of its rows")
async def get_import(
    import_id: str, principal: Annotated[Principal, Depends(onlooker)], here: Annotated[Services, Depends(services)]
) -> dict[str, Any]:
    return _report(await _own(here, principal, import_id))


@router.delete("/v1/imports/{import_id}", summary="Cancel; what was accepted so far stays")
async def cancel_import(
    import_id: str, principal: Annotated[Principal, Depends(member)], here: Annotated[Services, Depends(services)]
) -> dict[str, Any]:
    record = await _own(here, principal, import_id)
    async with transaction(here.pool) as db:
        if await db.fetchval(queries["cancel_import"], record["import_id"], principal.agency):
            await db.execute(queries["drop_import_file"], record["import_id"])
    return _report(await _own(here, principal, import_id))


@router.get("/v1/imports/{import_id}/rejected.csv", summary="The refused rows as they were sent, and why")
async def rejected(
    import_id: str, principal: Annotated[Principal, Depends(onlooker)], here: Annotated[Services, Depends(services)]
) -> Response:
    record = await _own(here, principal, import_id)
    refused = await here.pool.fetch(queries["refused_rows"], record["import_id"])
    header = [*record["header"], "error_code", "error_field", "error_detail", "error_line"]

    def rows() -> Iterable[list[str]]:
        for row in refused:
            cells = _fitted(here.vault.open(row["sealed"])["cells"], len(record["header"]))
            yield [*cells, row["code"], row["field"] or "", row["detail"], str(row["line"])]

    return await _csv(header, rows(), f"rejected-{record['list']}.csv")


@router.get("/v1/imports/{import_id}/unregistered.csv", summary="Who on this list is not insured on a day")
async def unregistered(
    import_id: str,
    principal: Annotated[Principal, Depends(onlooker)],
    here: Annotated[Services, Depends(services)],
    as_of: str | None = None,
) -> Response:
    record = await _own(here, principal, import_id)
    day = parse_day(as_of, "as_of")
    found = await here.pool.fetch(queries["unregistered"], record["agency"], record["list"], day)
    header = ["name", "nik", "nib", "nik_koperasi", "region", "kind", "scale", "workers", "contact", "phone", "email"]
    header += ["address", "ref", "partner_id"]

    def rows() -> Iterable[list[str]]:
        for row in found:
            said = here.vault.open(row["sealed"])
            nib = f"{row['nib']:013d}" if row["nib"] is not None else None
            cells = [said["name"], said["nik"], nib, row["nik_koperasi"], row["region"], row["kind"], row["scale"]]
            cells += [row["total"], said["person"], said["phone"], said["email"], said["address"], row["ref"]]
            yield ["" if cell is None else str(cell) for cell in (*cells, row["partner_id"])]

    return await _csv(header, rows(), f"unregistered-{record['list']}.csv")


async def _own(here: Services, principal: Principal, import_id: str | UUID) -> asyncpg.Record:
    try:
        asked = UUID(str(import_id))
    except ValueError:
        raise not_found() from None
    record = await here.pool.fetchrow(queries["import"], asked, principal.agency)
    if record is None:
        raise not_found()
    return record


def _report(record: asyncpg.Record) -> dict[str, Any]:
    names = ("rows", "skipped", "accepted", "created", "replaced", "unchanged", "rejected")
    counts = {name: record[name] for name in names}
    return {
        "id": str(record["import_id"]),
        "state": record["state"],
        **counts,
        "merged": max(0, record["accepted"] - record["created"] - record["replaced"] - record["unchanged"]),
        "rejected_by": msgspec.json.decode(record["rejected_by"]),
        "warnings": msgspec.json.decode(record["warnings"]),
        "kind": record["kind"],
        "list": record["list"],
        "list_date": record["list_date"].isoformat(),
        "dry_run": record["dry_run"],
        "detail": record["detail"],
        "created_at": record["created_at"].isoformat(),
        "finished_at": record["finished_at"].isoformat() if record["finished_at"] else None,
    }


def parse_day(text: str | None, field: str) -> date:
    """A day of a query string, today in Jakarta when there is none. Raises Problem."""
    if not text:
        return today()
    found = values.day(text, field)
    if isinstance(found, Refusal):
        raise Problem(422, found.code, found.detail, field=field)
    return found


def _fitted(cells: list[str], width: int) -> list[str]:
    """As many cells as the header has: too few are filled up, too many stand together in the last."""
    if len(cells) > width:
        return [*cells[: width - 1], " | ".join(cells[width - 1 :])]
    return cells + [""] * (width - len(cells))


async def _csv(header: list[str], rows: Iterable[list[str]], filename: str) -> Response:
    def write() -> bytes:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerows([harmless(cell) for cell in row] for row in itertools.chain((header,), rows))
        return text.getvalue().encode()

    content = await asyncio.to_thread(write)
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", filename)
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers)


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula; a lone `-` is none, and neither is a phone number."""
    return "'" + cell if FORMULA.match(cell) and cell != "-" and not PHONE.fullmatch(cell) else cell
