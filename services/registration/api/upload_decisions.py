"""What is decided of an upload behind its rows: who leaves a list by its new whole list, and taking an upload back."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import asyncpg
from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from services.registration import audit
from services.registration.api.access import actor_of, check_scope, own_import, sender, services
from services.registration.api.imports import as_json
from services.registration.queries import queries
from services.registration.runtime import Services
from services.registration.writer import list_steps
from shared import query_parameters
from shared.database import transaction
from shared.problems import Problem, described
from shared.security import Principal

router = APIRouter(tags=["imports"], dependencies=[Depends(query_parameters.only_known)])

ANSWERED_WITHIN = 5.0
"""Seconds that a request to take an upload back waits for it to be done."""


class Confirmation(BaseModel):
    """How many partners may leave the list: `delisting.missing`, as the upload that waits shows it."""

    model_config = ConfigDict(extra="forbid")

    delisted: Annotated[int, Field(ge=0, strict=True)]


@router.post(
    "/v1/imports/{import_id}/confirm",
    status_code=202,
    responses=described(409),
    summary="Let those leave a list that its new whole list left out: an upload that waits goes on",
)
async def confirm(
    import_id: str,
    body: Confirmation,
    principal: Annotated[Principal, Depends(sender)],
    here: Annotated[Services, Depends(services)],
) -> dict[str, Any]:
    record = await own_import(here, principal, import_id)
    check_scope(record["kind"], principal)
    if record["state"] != "waiting":
        raise Problem(409, "conflict", "This upload waits for no answer.")
    async with transaction(here.pool) as db:
        await list_steps.count_again(db, record["agency"], record["list"])
    record = await own_import(here, principal, import_id)
    if body.delisted != record["missing"]:
        raise Problem(409, "conflict", f"It is {record['missing']} that would leave the list.", field="delisted")
    async with transaction(here.pool) as db:
        if await db.fetchval(queries["confirm_import"], record["import_id"], body.delisted):
            about: audit.Subjects = {"import": str(record["import_id"]), "delisted": body.delisted}
            await audit.note(db, actor_of(principal), "import.confirmed", about)
    here.imports.wake()
    return as_json(await own_import(here, principal, import_id))


@router.post(
    "/v1/imports/{import_id}/undo",
    status_code=202,
    responses=described(409),
    summary="Take a whole upload back: its rows go, what they replaced returns, what others listed stays",
)
async def undo(
    import_id: str, principal: Annotated[Principal, Depends(sender)], here: Annotated[Services, Depends(services)]
) -> dict[str, Any]:
    """Asked again it changes nothing. `undone_at` is there once it is done, for a large upload some time later."""
    record = await own_import(here, principal, import_id)
    check_scope(record["kind"], principal)
    if record["undo_asked_at"] is None:
        await _ask_undo(here, principal, record)
    with suppress(TimeoutError):
        async with asyncio.timeout(ANSWERED_WITHIN):
            while (record := await own_import(here, principal, import_id))["undo_asked_at"] and not record["undone_at"]:
                here.imports.wake()
                await asyncio.sleep(0.05)
    return as_json(record)


async def _ask_undo(here: Services, principal: Principal, record: asyncpg.Record) -> None:
    refusal = undo_refusal(record, here.retention_days)
    if refusal is not None:
        raise Problem(409, "conflict", refusal)
    async with transaction(here.pool) as db:
        if await db.fetchval(queries["ask_undo"], record["import_id"]):
            about: audit.Subjects = {"import": str(record["import_id"]), "kind": record["kind"]}
            await audit.note(db, actor_of(principal), "import.undone", about)


def undo_refusal(record: asyncpg.Record, days: int) -> str | None:
    """Why this upload cannot be taken back."""
    if record["dry_run"]:
        return "A dry run changed nothing: there is nothing to take back."
    if record["finished_at"] is None:
        return "This upload goes on: cancel it with DELETE, then take it back."
    if not record["versions_kept"] or record["finished_at"] < datetime.now(UTC) - timedelta(days=days):
        return f"An upload can be taken back for {days} days; who else listed its rows is not known any more."
    return None
