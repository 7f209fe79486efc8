"""/v1/uploads: a large file in several requests, which goes on where a broken connection left it (tus 1.0.0).

The protocol's core with creation, expiration and termination: what existing clients of it speak.
"""

import asyncio
import base64
import binascii
from email.utils import format_datetime
from typing import Annotated, Any, BinaryIO
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Depends, Header, Query, Request, Response
from starlette.requests import ClientDisconnect

from services.registration.api import parameters
from services.registration.api.access import sender, services
from services.registration.api.upload_form import MOST_BYTES
from services.registration.identity.ids import Ids
from services.registration.intake import values
from services.registration.queries import queries
from services.registration.runtime import Services
from services.registration.writer.upload_files import PART_BYTES
from shared import query_parameters
from shared.database import transaction
from shared.openapi import answered_with
from shared.problems import Problem, described, not_found
from shared.security import Principal
from shared.web.pages import SESSION

VERSION = "1.0.0"
LONGEST_NAME = 200
MOST_OPEN = 100
MOST_TRIED = 10
"""Files that an agency tried out on the page and that it has not started yet."""
TOO_MANY_OPEN = (
    f"Your agency has {MOST_OPEN} uploads that no import took: import them, or delete those that you do not need "
    "(GET /v1/uploads shows them)."
)
MEDIA_TYPE = "application/offset+octet-stream"

_ids = Ids()


async def _speaks_our_version(tus_resumable: Annotated[str | None, Header()] = None) -> None:
    if tus_resumable not in (None, VERSION):
        detail = f"Here uploads are resumed by version {VERSION} of tus."
        raise Problem(412, "invalid_value", detail, headers={"Tus-Version": VERSION}, field="Tus-Resumable")


router = APIRouter(
    tags=["uploads"],
    dependencies=[Depends(query_parameters.only_known), Depends(_speaks_our_version)],
    responses=described(412),
)
TOLD = {
    "Tus-Resumable": "Version of tus: 1.0.0",
    "Upload-Offset": "Bytes that arrived: the next PATCH goes on from there",
    "Upload-Length": "The file's bytes",
    "Upload-Expires": "When the upload is deleted unless more of it arrives",
}
"""Headers of the answers about an upload."""
Sender = Annotated[Principal, Depends(sender)]
Here = Annotated[Services, Depends(services)]
Length = Annotated[str, Header(description="The file's bytes, 1 GiB at most", examples=["1000"])]
Metadata = Annotated[str, Header(description="filename and its name in base64")]
Offset = Annotated[str, Header(description="How many bytes arrived before", examples=["0"])]


@router.post(
    "/v1/uploads",
    status_code=201,
    responses=answered_with(201, TOLD | {"Location": "Where the bytes go to"}),
    summary="Begin an upload, whose bytes follow with PATCH",
)
async def begin(
    request: Request,
    response: Response,
    principal: Sender,
    here: Here,
    upload_length: Length,
    upload_metadata: Metadata = "",
) -> dict[str, Any]:
    agency, length, name = str(principal.agency), _number(upload_length, "Upload-Length"), _filename(upload_metadata)
    if length > MOST_BYTES:
        raise Problem(413, "too_large", f"A file has at most {MOST_BYTES >> 20} MiB.", field="Upload-Length")
    if not length:
        raise Problem(422, "invalid_value", "The file is empty.", field="Upload-Length")
    upload_id = _ids()
    async with transaction(here.pool) as db:
        await db.execute(queries["lock_quota"], agency)
        of_page = await _of_page(db, request, agency)
        if await db.fetchval(queries["open_uploads"], agency, of_page) >= MOST_OPEN:
            raise Problem(429, "too_many_requests", TOO_MANY_OPEN, headers={"Retry-After": "60"})
        if not await here.quota.has_room(agency, length, db):
            raise Problem(429, "too_many_requests", here.quota.used_up(), headers={"Retry-After": "60"})
        await db.execute(queries["add_upload"], upload_id, agency, name, length, of_page)
    record = await _own(here, principal, str(upload_id))
    response.headers.update(_headers(record) | {"Location": f"/v1/uploads/{upload_id}"})
    return _as_json(record)


@router.get("/v1/uploads", summary="This agency's uploads that no import took yet, the oldest first")
async def list_uploads(
    principal: Sender,
    here: Here,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=MOST_OPEN)] = MOST_OPEN,
) -> dict[str, Any]:
    records = await here.pool.fetch(queries["uploads"], principal.agency, parameters.position(cursor), limit + 1)
    page = records[:limit]
    return {
        "items": [_as_json(record) for record in page],
        "next_cursor": str(page[-1]["upload_id"]) if len(records) > limit else None,
    }


@router.get(
    "/v1/uploads/{upload_id}",
    responses=answered_with(200, TOLD),
    summary="How much of an upload arrived; HEAD tells it by Upload-Offset",
)
async def get_upload(upload_id: str, response: Response, principal: Sender, here: Here) -> dict[str, Any]:
    record = await _own(here, principal, upload_id)
    response.headers.update(_headers(record))
    return _as_json(record)


@router.patch(
    "/v1/uploads/{upload_id}",
    status_code=204,
    responses=described(409, 415) | answered_with(204, TOLD),
    summary="Send what follows; what arrives is kept even if the connection breaks",
)
async def append(request: Request, upload_id: str, principal: Sender, here: Here, upload_offset: Offset) -> Response:
    """The body are the file's bytes from Upload-Offset on, as application/offset+octet-stream."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != MEDIA_TYPE:
        raise Problem(415, "unsupported_media_type", f"Send the bytes as {MEDIA_TYPE}.")
    record = await _own(here, principal, upload_id)
    if _number(upload_offset, "Upload-Offset") != record["received"]:
        raise _elsewhere(record["received"])
    await _receive(here, record, request)
    return Response(status_code=204, headers=_headers(await _own(here, principal, upload_id)))


@router.delete("/v1/uploads/{upload_id}", status_code=204, summary="Give up an upload")
async def give_up(upload_id: str, principal: Sender, here: Here) -> Response:
    if not await drop(here, principal, upload_id):
        raise not_found()
    return Response(status_code=204, headers={"Tus-Resumable": VERSION})


async def drop(here: Services, principal: Principal, upload_id: str) -> bool:
    """Whether there was such an upload of the agency: it is given up."""
    asked = values.uuid_or_none(upload_id)
    async with transaction(here.pool) as db:
        if asked is None or not await db.fetchval(queries["delete_upload"], asked, principal.agency):
            return False
        await db.execute(queries["drop_unused_file"], asked)
    return True


async def keep_file(here: Services, agency: str, name: str, file: BinaryIO) -> UUID:
    """A whole file of a page's form, to be tried out, as an upload of which nothing is missing; its route is one
    WithinQuota. Of those the newest are kept that are few enough."""
    upload_id, received, length = _ids(), 0, file.seek(0, 2)
    file.seek(0)
    if length > MOST_BYTES:
        raise Problem(413, "too_large", f"A file has at most {MOST_BYTES >> 20} MiB.", field="file")
    async with transaction(here.pool) as db:
        await db.execute(queries["lock_quota"], agency)
        await _give_up_trials(db, agency)
        await db.execute(
            queries["add_upload"], upload_id, agency, name.replace("\x00", "")[-LONGEST_NAME:], length, True
        )
    record = await here.pool.fetchrow(queries["upload"], upload_id, agency)
    assert record is not None
    while part := await asyncio.to_thread(file.read, PART_BYTES):
        received = await _keep(here, record, received, part)
    return upload_id


async def _of_page(db: asyncpg.Connection, request: Request, agency: str) -> bool:
    """Whether a person at a page sends this file: then one that was only tried out makes room for it."""
    if SESSION not in request.scope:
        return False
    await _give_up_trials(db, agency)
    return True


async def _give_up_trials(db: asyncpg.Connection, agency: str) -> None:
    for given_up in await db.fetch(queries["give_up_trials"], agency, MOST_TRIED - 1):
        await db.execute(queries["drop_unused_file"], given_up["upload_id"])


async def kept_file(here: Services, principal: Principal, upload_id: str) -> asyncpg.Record | None:
    """The agency's upload of this id, while it is here."""
    asked = values.uuid_or_none(upload_id)
    return await here.pool.fetchrow(queries["upload"], asked, principal.agency) if asked else None


async def _receive(here: Services, record: asyncpg.Record, request: Request) -> None:
    """Keep the body in parts, each durable by itself, and what was received of the last one when the client is gone."""
    offset, held = record["received"], bytearray()
    try:
        async for block in request.stream():
            held += block
            if offset + len(held) > record["length"]:
                raise Problem(413, "too_large", "These are more bytes than Upload-Length said.", field="Upload-Length")
            while len(held) >= PART_BYTES:
                offset = await _keep(here, record, offset, bytes(held[:PART_BYTES]))
                del held[:PART_BYTES]
    except ClientDisconnect:
        pass
    if held:
        await _keep(here, record, offset, bytes(held))


async def _keep(here: Services, record: asyncpg.Record, offset: int, part: bytes) -> int:
    sealed = await asyncio.to_thread(here.vault.seal, part)
    async with transaction(here.pool) as db:
        received = await db.fetchval(queries["add_upload_part"], record["upload_id"], offset, len(part), sealed)
    if received is None:
        found = await here.pool.fetchrow(queries["upload"], record["upload_id"], record["agency"])
        raise _elsewhere(found["received"]) if found else not_found()
    return int(received)


def _elsewhere(received: int) -> Problem:
    detail = f"{received} bytes arrived: go on from there."
    headers = {"Upload-Offset": str(received), "Tus-Resumable": VERSION, "Connection": "close"}
    return Problem(409, "conflict", detail, headers=headers, field="Upload-Offset")


async def _own(here: Services, principal: Principal, upload_id: str) -> asyncpg.Record:
    record = await kept_file(here, principal, upload_id)
    if record is None:
        raise not_found()
    return record


def _number(text: str, field: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise Problem(422, "invalid_value", f"{field} is a number of bytes.", field=field)
    return int(text)


def _filename(metadata: str) -> str:
    """The file's name of `filename ZGFmdGFyLmNzdg==,filetype dGV4dA==`; "" without one."""
    pairs = dict(each.strip().partition(" ")[::2] for each in metadata.split(","))
    try:
        return base64.b64decode(pairs.get("filename", ""), validate=True).decode().replace("\x00", "")[-LONGEST_NAME:]
    except (binascii.Error, ValueError):
        detail = "Upload-Metadata holds names and values in base64: filename ZGFmdGFyLmNzdg=="
        raise Problem(422, "invalid_value", detail, field="Upload-Metadata") from None


def _headers(record: asyncpg.Record) -> dict[str, str]:
    return {
        "Tus-Resumable": VERSION,
        "Upload-Offset": str(record["received"]),
        "Upload-Length": str(record["length"]),
        "Upload-Expires": format_datetime(record["expires_at"], usegmt=True),
        "Cache-Control": "no-store",
    }


def _as_json(record: asyncpg.Record) -> dict[str, Any]:
    return {
        "id": str(record["upload_id"]),
        "filename": record["filename"],
        "length": record["length"],
        "received": record["received"],
        "expires_at": record["expires_at"].isoformat(),
    }
