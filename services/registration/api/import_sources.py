"""Where an import's file comes from: the request itself, or an upload that was sent before."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import BinaryIO
from uuid import UUID

import asyncpg
from fastapi import UploadFile

from services.registration.api.upload_form import MOST_BYTES
from services.registration.intake import values
from services.registration.queries import queries
from services.registration.runtime import Services
from services.registration.writer import upload_files
from shared.problems import Problem, not_found

WHOLE_AT_ONCE = 64 << 20
"""Bytes of an upload that are looked at before the answer; of a longer one only the first parts."""
FIRST_PARTS = 4
_NEED_THEIR_END = (b"PK", b"\xd0\xcf\x11\xe0")
"""How files begin that cannot be judged by their beginning."""


class Taken(Exception):
    """An import took the upload at the same moment."""

    def __init__(self, import_id: UUID) -> None:
        super().__init__()
        self.import_id = import_id


@dataclass(frozen=True)
class Source:
    """The file's name and what can be looked at of it now, None if that shows nothing; `upload` is where it is kept."""

    filename: str | None
    beginning: BinaryIO | None
    upload: asyncpg.Record | None = None

    @property
    def unkept(self) -> BinaryIO | None:
        """The whole file, where it came with the request and is kept nowhere yet."""
        return self.beginning if self.upload is None else None

    async def place(self, db: asyncpg.Connection, import_id: UUID, *, dry_run: bool) -> tuple[UUID, int]:
        """(the file's id, its bytes). A dry run leaves the upload. Raises Taken."""
        if self.upload is None:
            assert self.beginning is not None
            return import_id, self.beginning.seek(0, 2)
        upload_id: UUID = self.upload["upload_id"]
        if not dry_run and not await db.fetchval(queries["take_upload"], upload_id, self.upload["agency"]):
            other: UUID | None = await db.fetchval(queries["import_of_upload"], upload_id, self.upload["agency"])
            raise not_found() if other is None else Taken(other)
        return upload_id, self.upload["length"]


@asynccontextmanager
async def of_form(
    here: Services, agency: str, file: UploadFile | None, upload: str | None
) -> AsyncIterator[Source | UUID]:
    """The file of a form; or, where an import took the upload already, that import's id. Raises Problem."""
    if (file is None) == (upload is None):
        raise Problem(422, "invalid_value", "Send a file, or the id of an upload, and not both.", field="file")
    if file is not None:
        if file.file.seek(0, 2) > MOST_BYTES:
            detail = f"A file has at most {MOST_BYTES >> 20} MiB: send it in parts."
            raise Problem(413, "too_large", detail, field="file")
        yield Source(file.filename, file.file)
        return
    record = await _finished(here, agency, str(upload))
    if isinstance(record, UUID):
        yield record
        return
    beginning = await _beginning(here, record)
    try:
        yield Source(record["filename"], beginning, record)
    finally:
        if beginning is not None:
            await asyncio.to_thread(beginning.close)


async def _finished(here: Services, agency: str, upload: str) -> asyncpg.Record | UUID:
    asked = values.uuid_or_none(upload)
    if asked is None:
        raise not_found()
    record = await here.pool.fetchrow(queries["upload"], asked, agency)
    if record is None:
        import_id: UUID | None = await here.pool.fetchval(queries["import_of_upload"], asked, agency)
        if import_id is None:
            raise not_found()
        return import_id
    if record["received"] < record["length"]:
        detail = f"Of this upload {record['received']} of {record['length']} bytes arrived: send the rest first."
        raise Problem(409, "conflict", detail, field="upload")
    return record


async def _beginning(here: Services, record: asyncpg.Record) -> BinaryIO | None:
    most = None if record["length"] <= WHOLE_AT_ONCE else FIRST_PARTS
    file = await upload_files.fetch(here.pool, here.vault, record["upload_id"], most)
    if file is None or most is None:
        return file
    file.seek(0)
    if file.read(8).startswith(_NEED_THEIR_END):
        file.close()
        return None
    return file
