"""/v1/audit: who did what and when. An agency sees its own acts and those of the administrator that concern it."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from tempfile import TemporaryFile
from typing import IO, Annotated, Any, Literal

import asyncpg
import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from services.registration import audit
from services.registration.api.access import reporter, services
from services.registration.api.downloads import BLOCK, Wanted, as_download, pages
from services.registration.audit import Entry
from services.registration.queries import queries
from services.registration.runtime import Services
from shared import downloads, query_parameters
from shared.problems import Problem
from shared.security import Principal, require

router = APIRouter(tags=["audit"], dependencies=[Depends(query_parameters.only_known)])

HEADER = ["number", "at", "actor", "key_id", "agency", "action", "subjects", "hash"]
LAST = (1 << 63) - 1


@router.get("/v1/audit", summary="Who did what and when, the newest first; as a file all of it, the oldest first")
async def get_audit(
    request: Request,
    principal: Annotated[Principal, Depends(reporter)],
    here: Annotated[Services, Depends(services)],
    action: Annotated[str | None, Query(max_length=64, pattern=r"^[a-z_.]+$")] = None,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    format: Literal["json", "csv", "xlsx", "ndjson"] = "json",
) -> Any:
    """`format=ndjson` has each entry as its hash is computed: whoever gets all of them can compute the hashes anew."""
    if format == "ndjson":
        return await _lines(here, principal, action)
    if format != "json":
        return await _table(here, principal, action, Wanted(format, downloads.dialect_of(request)))
    return await entries(here, principal, action, cursor, limit)


async def entries(
    here: Services, principal: Principal, action: str | None, cursor: str | None, limit: int
) -> dict[str, Any]:
    """So many entries before a cursor, the newest first."""
    records = await here.pool.fetch(queries["audit_page"], principal.agency, _before(cursor), action, limit + 1)
    page = records[:limit]
    return {
        "items": [Entry.of(record).as_json() for record in page],
        "next_cursor": str(page[-1]["number"]) if len(records) > limit else None,
    }


@router.get(
    "/v1/audit/verify",
    summary="Whether the trail is intact, by its hashes",
    dependencies=[Depends(require(admin=True))],
)
async def verify(here: Annotated[Services, Depends(services)]) -> dict[str, Any]:
    """`head` is the last hash: kept elsewhere, it shows later that nothing was taken off the end."""
    found = await audit.verify(here.pool)
    return {
        "intact": found.broken_at is None,
        "entries": found.entries,
        "head": found.head,
        "broken_at": found.broken_at,
    }


def _before(cursor: str | None) -> int:
    if cursor is None:
        return LAST
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
        raise Problem(422, "invalid_value", "This cursor was not given by us.", field="cursor")
    return int(cursor)


async def _lines(here: Services, principal: Principal, action: str | None) -> Response:
    with ExitStack() as stack:
        file = stack.enter_context(TemporaryFile())
        async for page in pages(here.pool, "audited", principal.agency, action):
            lines = (msgspec.json.encode(Entry.of(record).as_json()) + b"\n" for record in page)
            await asyncio.to_thread(file.writelines, lines)
        stack.pop_all()  # from here on the answer closes it
    file.seek(0)
    headers = {"content-disposition": 'attachment; filename="audit.ndjson"'}
    return StreamingResponse(_blocks(file), media_type="application/x-ndjson", headers=headers)


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    """What the file holds; it is closed when it was sent or nobody wants it any more."""
    with file:
        while block := file.read(BLOCK):
            yield block


async def _table(here: Services, principal: Principal, action: str | None, asked: Wanted) -> Response:
    def cells(record: asyncpg.Record) -> list[str]:
        entry = Entry.of(record).as_json()
        subjects = "; ".join(f"{name}={value}" for name, value in entry["subjects"].items())
        return ["" if value is None else str(value) for value in (entry | {"subjects": subjects}).values()]

    header, in_words = asked.columns(HEADER, cells)
    return await as_download(here, header, in_words, asked.file("audit"), asked, "audited", principal.agency, action)
