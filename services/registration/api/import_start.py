"""An import begins: its file is judged by its beginning, of a dry run a preview is made, and it waits for its turn."""

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from time import monotonic
from typing import BinaryIO
from uuid import UUID

from fastapi import UploadFile

from services.registration import audit
from services.registration.api import import_sources, previews, upload_form
from services.registration.api.access import actor_of, own_import
from services.registration.api.import_sources import Source
from services.registration.identity.ids import Ids
from services.registration.intake.contexts import UploadContext
from services.registration.intake.files.reading_options import ReadingOptions
from services.registration.intake.jurisdiction import Jurisdiction
from services.registration.queries import queries
from services.registration.runtime import Services
from services.registration.writer import remembered_readings, upload_files
from services.registration.writer.uploads import Beginning
from shared import tracing
from shared.database import UNAVAILABLE, transaction
from shared.problems import Problem
from shared.security import Principal

_ids = Ids()


@dataclass(frozen=True)
class Declared:
    """What is said of a file, read strictly; `list` is None where the file's name is to be that of the list."""

    kind: str
    list: str | None
    day: date
    needs_nik: bool
    dry_run: bool
    replaces: bool
    at_most: int | None
    options: ReadingOptions


@dataclass(frozen=True)
class Begun:
    """`until` is the moment (monotonic) up to which it is worth waiting for a dry run. `unkept` is its file where that
    is to be kept (`keep_file`) after the answer."""

    import_id: UUID
    until: float = 0.0
    unkept: BinaryIO | None = None


async def begin(
    here: Services, principal: Principal, declared: Declared, file: UploadFile | None, upload: str | None
) -> Begun:
    """A new import, or the one that took the upload before. Raises Problem."""
    begun, agency = monotonic(), str(principal.agency)
    async with import_sources.of_form(here, agency, file, upload) as source:
        if isinstance(source, UUID):
            return await _taken(here, principal, declared, source)
        name = upload_form.list_name(declared.list, source.filename)
        seen = await _judged(here, principal, declared, source, name)
        later = source.unkept if seen is not None and not seen.preview["is_whole"] else None
        try:
            import_id = await _store(here, principal, declared, source, name, seen, is_kept_later=later is not None)
        except import_sources.Taken as taken:
            return await _taken(here, principal, declared, taken.import_id)
    (here.dry_runs if declared.dry_run else here.imports).wake()
    return Begun(import_id, begun + previews.ANSWERED_WITHIN if seen and seen.preview["is_whole"] else begun, later)


async def keep_file(here: Services, import_id: UUID, file: BinaryIO) -> None:
    """Keeps the file of a dry run that was answered before: its beginning showed enough. If that does not come about
    the dry run says that its file is gone."""
    with suppress(*UNAVAILABLE):
        async with transaction(here.pool) as db:
            await upload_files.keep(db, here.vault, import_id, file)
            await db.execute(queries["begin_dry_run"], import_id)
            await db.execute(queries["drop_unused_file"], import_id)  # it was given up meanwhile
    here.dry_runs.wake()


async def _judged(
    here: Services, principal: Principal, declared: Declared, source: Source, name: str
) -> Beginning | None:
    """What the file's beginning shows, of a dry run; refused if no table is in it."""
    if source.beginning is None:
        return None
    agency, kind, options = str(principal.agency), declared.kind, declared.options
    remembered = await remembered_readings.of_agency(here.pool, agency, kind)
    if options.forgets and not declared.dry_run:
        await remembered_readings.forget(here.pool, agency, kind, source.beginning, options, remembered)
    await asyncio.to_thread(upload_form.check_file, source.beginning, kind, options, remembered)
    if not declared.dry_run:
        return None
    jurisdiction = Jurisdiction(here.regions, principal.regions)
    context = UploadContext(jurisdiction, name, declared.day, declared.needs_nik, here.jkp, options)
    return await previews.of_beginning(source.beginning, kind, context, remembered)


async def _store(
    here: Services,
    principal: Principal,
    declared: Declared,
    source: Source,
    name: str,
    seen: Beginning | None,
    *,
    is_kept_later: bool,
) -> UUID:
    import_id = _ids()
    async with transaction(here.pool) as db:
        placed = await source.place(db, import_id, dry_run=declared.dry_run)
        await db.execute(
            queries["add_import"],
            import_id,
            principal.agency,
            declared.kind,
            name,
            declared.day,
            declared.needs_nik,
            declared.dry_run,
            json.dumps((seen.options if seen else declared.options).to_json()),
            declared.replaces,
            declared.at_most,
            here.vault.seal(seen.preview) if seen else None,
            *placed,
            tracing.current(),
        )
        if is_kept_later:
            await db.execute(queries["await_file"], import_id)
        elif source.unkept is not None:
            await upload_files.keep(db, here.vault, import_id, source.unkept)
        about: audit.Subjects = {"import": str(import_id), "kind": declared.kind, "dry_run": declared.dry_run}
        await audit.note(db, actor_of(principal), "import.uploaded", about)
    return import_id


async def _taken(here: Services, principal: Principal, declared: Declared, import_id: UUID) -> Begun:
    """The import that took the upload, to who asks for it again; refused if something else is asked for."""
    record = await own_import(here, principal, import_id)
    is_another_list = declared.list is not None and upload_form.list_name(declared.list, None) != record["list"]
    if declared.dry_run or declared.kind != record["kind"] or is_another_list:
        detail = f"The import {import_id} of kind {record['kind']} took this upload: send the file again."
        raise Problem(409, "conflict", detail, field="upload")
    return Begun(import_id)
