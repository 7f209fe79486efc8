"""/v1/imports/{id}/….csv and ….xlsx: what of an upload was refused, and who on its list is not registered."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import ExitStack
from functools import partial
from tempfile import TemporaryFile
from typing import IO, Annotated, Any, Literal

import asyncpg
from fastapi import APIRouter, Depends, Response
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from services.registration import audit
from services.registration.api.access import actor_of, check_scope, onlooker, own_import, reader, services
from services.registration.api.numbers_as_sent import nib_as_sent, nik_koperasi_as_sent
from services.registration.api.parameters import day_or_today
from services.registration.intake import returned_rows
from services.registration.queries import queries
from services.registration.runtime import Services
from services.registration.vault import Vault
from shared import query_parameters, spreadsheet_workbook
from shared.database import transaction
from shared.problems import Problem
from shared.security import Principal
from shared.spreadsheet import CsvWriter
from shared.spreadsheet_workbook import TooManyRows, WorkbookWriter

router = APIRouter(tags=["imports"], dependencies=[Depends(query_parameters.only_known)])

PAGE = 1_000
"""Rows that are in memory at once, however many there are."""

BLOCK = 1 << 16
Form = Literal["csv", "xlsx"]
Cells = Callable[[asyncpg.Record], list[str]]


class Download(StreamingResponse):
    """A file on disk, closed when it was sent or nobody wants it any more."""

    def __init__(self, file: IO[bytes], filename: str) -> None:
        name = re.sub(r"[^A-Za-z0-9._-]+", "-", filename)
        headers = {"content-disposition": f'attachment; filename="{name}"'}
        super().__init__(iter(partial(file.read, BLOCK), b""), media_type=_media_type(filename), headers=headers)
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._file.close()


def _media_type(filename: str) -> str:
    return spreadsheet_workbook.MEDIA_TYPE if filename.endswith(".xlsx") else "text/csv; charset=utf-8"


@router.get(
    "/v1/imports/{import_id}/rejected.csv",
    summary="The refused rows as they were sent, and why; kept for 90 days unless the operator set another time",
)
async def rejected(
    import_id: str, principal: Annotated[Principal, Depends(onlooker)], here: Annotated[Services, Depends(services)]
) -> Response:
    return await _rejected(here, principal, import_id, "csv")


@router.get(
    "/v1/imports/{import_id}/rejected.xlsx",
    summary="The same as a workbook of texts: correct its rows, and upload it again",
)
async def rejected_workbook(
    import_id: str, principal: Annotated[Principal, Depends(onlooker)], here: Annotated[Services, Depends(services)]
) -> Response:
    return await _rejected(here, principal, import_id, "xlsx")


async def _rejected(here: Services, principal: Principal, import_id: str, form: Form) -> Response:
    record = await own_import(here, principal, import_id)
    check_scope(record["kind"], principal)
    if record["refused_deleted_at"] is not None:
        day = record["refused_deleted_at"].date()
        raise Problem(404, "not_found", f"The refused rows of this upload were deleted on {day}.")
    await note(here, principal, "rejected.exported", record)
    width, own = len(record["header"]), returned_rows.own(record["header"])
    header = [*(record["header"][column] for column in own), *returned_rows.OF_REFUSALS]

    def cells(row: asyncpg.Record) -> list[str]:
        sent = here.vault.open(row["sealed"])["cells"]
        row_cells = [sent[column] for column in own] if len(sent) == width else fitted(sent, len(own))
        return [*row_cells, row["code"], row["field"] or "", row["detail"], str(row["line"])]

    filename = f"rejected-{record['list']}.{form}"
    return await as_download(here, header, cells, filename, "refused_rows", record["import_id"])


@router.get("/v1/imports/{import_id}/unregistered.csv", summary="Who on this list is not insured on a day")
async def unregistered(
    import_id: str,
    principal: Annotated[Principal, Depends(reader)],
    here: Annotated[Services, Depends(services)],
    as_of: str | None = None,
) -> Response:
    return await _unregistered(here, principal, import_id, as_of, "csv")


@router.get("/v1/imports/{import_id}/unregistered.xlsx", summary="The same as a workbook of texts")
async def unregistered_workbook(
    import_id: str,
    principal: Annotated[Principal, Depends(reader)],
    here: Annotated[Services, Depends(services)],
    as_of: str | None = None,
) -> Response:
    return await _unregistered(here, principal, import_id, as_of, "xlsx")


async def _unregistered(
    here: Services, principal: Principal, import_id: str, as_of: str | None, form: Form
) -> Response:
    record = await own_import(here, principal, import_id)
    day = day_or_today(as_of, "as_of")
    await note(here, principal, "unregistered.exported", record)
    header = ["name", "nik", "nib", "nik_koperasi", "region", "kind", "scale", "workers", "contact_person", "phone"]
    header += ["email", "address", "ref", "partner_id"]
    listed = "unregistered", record["agency"], record["list"], day
    return await as_download(
        here, header, lambda row: _partner(here.vault, row), f"unregistered-{record['list']}.{form}", *listed
    )


async def note(here: Services, principal: Principal, action: audit.Action, record: asyncpg.Record) -> None:
    """Personal data leave the service: who took them is noted before the first byte is sent."""
    async with transaction(here.pool) as db:
        await audit.note(db, actor_of(principal), action, {"import": str(record["import_id"])}, record["agency"])


def _partner(vault: Vault, row: asyncpg.Record) -> list[str]:
    sealed = vault.open(row["sealed"])
    numbers = [sealed["nik"], nib_as_sent(row, sealed), nik_koperasi_as_sent(row, sealed)]
    cells = [sealed["name"], *numbers, row["region"], row["kind"], row["scale"]]
    cells += [row["total"], sealed["person"], sealed["phone"], sealed["email"], sealed["address"], row["ref"]]
    return ["" if cell is None else str(cell) for cell in (*cells, row["partner_id"])]


def fitted(cells: list[str], width: int) -> list[str]:
    """As many cells as the header has: too few are filled up, too many are joined in the last."""
    if len(cells) > width:
        return [*cells[: width - 1], returned_rows.BETWEEN_SURPLUS.join(cells[width - 1 :])]
    return cells + [""] * (width - len(cells))


async def as_download(
    here: Services, header: list[str], cells: Cells, filename: str, query: str, *arguments: Any
) -> Download:
    """The rows of a query in the form that the file's name ends in: a workbook, or else CSV.

    They wait on disk for a slow client, not in memory nor on a connection.
    """
    with ExitStack() as stack:
        file = stack.enter_context(TemporaryFile())
        writer = (WorkbookWriter if filename.endswith(".xlsx") else CsvWriter)(file, header)
        stack.callback(writer.close)
        async for page in _pages(here.pool, query, *arguments):
            await asyncio.to_thread(_write, writer, page, cells)
        await asyncio.to_thread(writer.close)
        stack.pop_all()  # from here on the answer closes it
    file.seek(0)
    return Download(file, filename)


async def rows_as_download(header: list[str], rows: Sequence[list[str]], filename: str) -> Download:
    """These rows in the form that the file's name ends in."""

    with ExitStack() as stack:
        file = stack.enter_context(TemporaryFile())
        writer = (WorkbookWriter if filename.endswith(".xlsx") else CsvWriter)(file, header)
        stack.callback(writer.close)
        await asyncio.to_thread(writer.add, rows)
        await asyncio.to_thread(writer.close)
        stack.pop_all()  # from here on the answer closes it
    file.seek(0)
    return Download(file, filename)


async def _pages(pool: asyncpg.Pool, query: str, *arguments: Any) -> AsyncIterator[list[asyncpg.Record]]:
    async with transaction(pool) as db:
        cursor = await db.cursor(queries[query], *arguments)
        while page := await cursor.fetch(PAGE):
            yield page


def _write(writer: CsvWriter | WorkbookWriter, page: list[asyncpg.Record], cells: Cells) -> None:
    try:
        writer.add(map(cells, page))
    except TooManyRows:
        raise Problem(413, "too_large", "A sheet cannot hold so many rows: get them as .csv.") from None
