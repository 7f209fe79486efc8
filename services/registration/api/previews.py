"""What a dry run shows of its file: at once from the file's beginning, then from the whole of it."""

import asyncio
from time import monotonic
from typing import Any, BinaryIO, cast

import asyncpg

from services.registration.api.access import own_import
from services.registration.intake import scopes
from services.registration.intake.columns import FileKind
from services.registration.intake.contexts import UploadContext
from services.registration.intake.values import Refusal
from services.registration.queries import queries
from services.registration.runtime import Services
from services.registration.writer import uploads
from services.registration.writer.remembered_readings import Remembered
from services.registration.writer.uploads import Beginning
from shared.problems import Problem
from shared.security import Principal

ANSWERED_WITHIN = 1.7
"""Seconds from the whole request to the answer; a small file's dry run is through by then."""
ASKED_EVERY = 0.02


async def of_beginning(file: BinaryIO, kind: str, upload: UploadContext, remembered: Remembered) -> Beginning | None:
    """The file as its beginning shows it; None where only the whole file does. Raises Problem for a file in which no
    table is found."""
    found = await asyncio.to_thread(uploads.read_beginning, file, cast(FileKind, kind), upload, remembered)
    if isinstance(found, Refusal):
        raise Problem(422, found.code, found.detail, field=found.field)
    return found


async def settled(here: Services, principal: Principal, record: asyncpg.Record, until: float) -> asyncpg.Record:
    """The dry run once it ended, or as it is at that moment."""
    while record["state"] in ("queued", "running") and monotonic() < until:
        await asyncio.sleep(ASKED_EVERY)
        record = await own_import(here, principal, record["import_id"])
    return record


async def shown(here: Services, principal: Principal, record: asyncpg.Record) -> dict[str, Any]:
    """`{"preview": …}` of a dry run for whoever may send files of its kind, else nothing; rows that the dry run refused
    meanwhile for another reason than their cells say so."""
    if record["preview"] is None or scopes.lacking(record["kind"], principal.may):
        return {}
    preview: dict[str, Any] = here.vault.open(record["preview"])
    lines = [row["line"] for row in preview["rows"]]
    refused = await here.pool.fetch(queries["refused_lines"], record["import_id"], lines)
    found = {each["line"]: {name: each[name] for name in ("code", "field", "detail")} for each in refused}
    rows = [row | {"refused": found.get(row["line"], row["refused"])} for row in preview["rows"]]
    return {"preview": preview | {"rows": rows}}
