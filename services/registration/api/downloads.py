"""/v1/imports/{id}/….csv and ….xlsx: what of an upload was refused, and who on its list is not registered."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import ExitStack
from functools import partial
from tempfile import TemporaryFile
from typing import IO, Annotated, Any, Final, NamedTuple

import asyncpg
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from services.registration import audit
from services.registration.api import column_titles
from services.registration.api.access import actor_of, check_scope, overseer, own_import, reader, services
from services.registration.api.numbers_as_sent import nib_as_sent, nik_koperasi_as_sent
from services.registration.api.parameters import day_or_today
from services.registration.intake import returned_rows
from services.registration.queries import queries
from services.registration.runtime import Services
from shared import downloads, query_parameters
from shared.database import transaction
from shared.downloads import Form
from shared.problems import Problem, not_found
from shared.security import Principal
from shared.spreadsheet import INDONESIAN, CsvWriter, Dialect
from shared.spreadsheet_workbook import TooManyRows, WorkbookWriter
from shared.web import language

router = APIRouter(tags=["imports"], dependencies=[Depends(query_parameters.only_known)])

PAGE = 1_000
"""Rows that are in memory at once, however many there are."""

BLOCK = 1 << 16
UNREGISTERED: Final = (
    *("name", "nik", "nib", "nik_koperasi", "region", "kind", "scale", "workers", "contact_person", "phone", "email"),
    *("address", "ref", "partner_id"),
)
UNREGISTERED_IN_INDONESIAN: Final = ("name", "region_name", *UNREGISTERED[1:])
"""A person looks for the name of the regency; programs have its code."""
Cells = Callable[[Any], list[Any]]
"""What a row, as the database or a route gives it, shows in each column."""
Route = Callable[..., Coroutine[Any, Any, Response]]


class Wanted(NamedTuple):
    """The form of a table, and how its CSV is written for whoever asks."""

    form: Form
    dialect: Dialect
    sentence: Callable[[str], str] = str
    """What we answered, in the language of whoever asks."""

    @property
    def is_indonesian(self) -> bool:
        return self.dialect is INDONESIAN

    def file(self, table: str, of: str = "") -> str:
        """The name under which a table is saved, of a list if one is given."""
        return "-".join(filter(None, (column_titles.FILES[table] if self.is_indonesian else table, of)))

    def columns(self, names: Sequence[str], cells: Cells, **titles: str) -> tuple[list[str], Cells]:
        """The header and the cells in the language of whoever asks; `titles`: those of this table alone."""
        if not self.is_indonesian:
            return list(names), cells
        return column_titles.titled(names, titles), lambda row: column_titles.worded(names, cells(row))


async def wanted(request: Request) -> Wanted:
    """By the end of the address."""
    form: Form = "xlsx" if request.url.path.endswith(".xlsx") else "csv"
    code = language.asked_for(request.cookies, request.headers) or "en"
    return Wanted(form, downloads.dialect_of(request), request.app.state.site.languages[code].sentence)


def in_both_forms(router: APIRouter, path: str, summary: str) -> Callable[[Route], Route]:
    """A route for the table as CSV, and one beside it for the same as a workbook."""

    def register(route: Route) -> Route:
        router.get(f"{path}.csv", summary=summary)(route)
        same = "The same as a workbook"
        router.get(f"{path}.xlsx", summary=same, name=f"{route.__name__}_workbook")(route)
        return route

    return register


class Download(StreamingResponse):
    """A file on disk, closed when it was sent or nobody wants it any more."""

    def __init__(self, file: IO[bytes], name: str, form: Form) -> None:
        blocks, headers = iter(partial(file.read, BLOCK), b""), downloads.headers(name, form)
        super().__init__(blocks, media_type=downloads.MEDIA_TYPES[form], headers=headers)
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._file.close()


@in_both_forms(
    router,
    "/v1/imports/{import_id}/rejected",
    "The refused rows as they were sent, and why; kept for 90 days unless the operator set another time",
)
async def rejected(
    import_id: str,
    principal: Annotated[Principal, Depends(overseer)],
    here: Annotated[Services, Depends(services)],
    asked: Annotated[Wanted, Depends(wanted)],
) -> Response:
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
        return [*row_cells, row["code"], row["field"] or "", asked.sentence(row["detail"]), str(row["line"])]

    name = asked.file("rejected", record["list"])
    return await as_download(here, header, cells, name, asked, "refused_rows", record["import_id"])


@in_both_forms(router, "/v1/imports/{import_id}/unregistered", "Who on this list is not insured on a day")
async def unregistered(
    import_id: str,
    principal: Annotated[Principal, Depends(reader)],
    here: Annotated[Services, Depends(services)],
    asked: Annotated[Wanted, Depends(wanted)],
    as_of: str | None = None,
) -> Response:
    record = await own_import(here, principal, import_id)
    return await _not_registered(here, principal, record, as_of, asked)


@in_both_forms(router, "/v1/lists/unregistered", "Who on a list is not insured on a day")
async def unregistered_of_list(
    principal: Annotated[Principal, Depends(reader)],
    here: Annotated[Services, Depends(services)],
    asked: Annotated[Wanted, Depends(wanted)],
    list: Annotated[str, Query(max_length=200)],
    agency: Annotated[str | None, Query(max_length=64)] = None,
    as_of: str | None = None,
) -> Response:
    """`agency`: whose list, for the administrator."""
    if principal.agency is not None and agency not in (None, principal.agency):
        raise not_found()
    record = await here.pool.fetchrow(queries["list_named"], principal.agency or agency, list)
    if record is None:
        raise not_found()
    return await _not_registered(here, principal, record, as_of, asked)


async def _not_registered(
    here: Services, principal: Principal, record: asyncpg.Record, as_of: str | None, asked: Wanted
) -> Response:
    """Of the list that an upload, or a look-up of the list itself, names."""
    day = day_or_today(as_of, "as_of")
    await note(here, principal, "unregistered.exported", record)
    listed = "unregistered", record["agency"], record["list"], day
    names = UNREGISTERED_IN_INDONESIAN if asked.is_indonesian else UNREGISTERED
    header, cells = asked.columns(names, lambda row: _partner(here, row, names))
    name = asked.file("unregistered", record["list"])
    return await as_download(here, header, cells, name, asked, *listed)


async def note(here: Services, principal: Principal, action: audit.Action, record: asyncpg.Record) -> None:
    """Personal data leave the service: who took them is noted before the first byte is sent."""
    async with transaction(here.pool) as db:
        about = {"import": str(record["import_id"])} if record["import_id"] else {}
        await audit.note(db, actor_of(principal), action, about, record["agency"])


def _partner(here: Services, row: asyncpg.Record, names: Sequence[str]) -> list[str]:
    sealed = here.vault.open(row["sealed"])
    region = here.regions.get(row["region"])
    known = {name: sealed[name] for name in ("name", "nik", "phone", "email", "address")}
    known |= {name: row[name] for name in ("region", "kind", "scale", "ref", "partner_id")}
    known |= {
        "nib": nib_as_sent(row, sealed),
        "nik_koperasi": nik_koperasi_as_sent(row, sealed),
        "workers": row["total"],
        "contact_person": sealed["person"],
        "region_name": region.name if region else None,
    }
    return ["" if (cell := known[name]) is None else str(cell) for name in names]


def fitted(cells: list[str], width: int) -> list[str]:
    """As many cells as the header has: too few are filled up, too many are joined in the last."""
    if len(cells) > width:
        return [*cells[: width - 1], returned_rows.BETWEEN_SURPLUS.join(cells[width - 1 :])]
    return cells + [""] * (width - len(cells))


async def as_download(
    here: Services, header: list[str], cells: Cells, name: str, asked: Wanted, query: str, *arguments: Any
) -> Download:
    """The rows of a query in the form that is asked for.

    They wait on disk for a slow client, not in memory nor on a connection.
    """
    with ExitStack() as stack:
        file = stack.enter_context(TemporaryFile())
        writer = downloads.writer(asked.form, file, header, asked.dialect)
        stack.callback(writer.close)
        async for page in pages(here.pool, query, *arguments):
            await asyncio.to_thread(_write, writer, page, cells)
        await asyncio.to_thread(writer.close)
        stack.pop_all()  # from here on the answer closes it
    file.seek(0)
    return Download(file, name, asked.form)


async def rows_as_download(header: Sequence[str], rows: Sequence[Sequence[Any]], name: str, asked: Wanted) -> Download:
    """These rows in the form that is asked for."""
    with ExitStack() as stack:
        file = stack.enter_context(TemporaryFile())
        writer = downloads.writer(asked.form, file, header, asked.dialect)
        stack.callback(writer.close)
        await asyncio.to_thread(writer.add, rows)
        await asyncio.to_thread(writer.close)
        stack.pop_all()  # from here on the answer closes it
    file.seek(0)
    return Download(file, name, asked.form)


async def pages(pool: asyncpg.Pool, query: str, *arguments: Any) -> AsyncIterator[list[asyncpg.Record]]:
    async with transaction(pool) as db:
        cursor = await db.cursor(queries[query], *arguments)
        while page := await cursor.fetch(PAGE):
            yield page


def _write(writer: CsvWriter | WorkbookWriter, page: list[asyncpg.Record], cells: Cells) -> None:
    try:
        writer.add(map(cells, page))
    except TooManyRows:
        raise Problem(413, "too_large", "A sheet cannot hold so many rows: get them as .csv.") from None
