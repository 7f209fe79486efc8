"""/v1/imports: uploads and their progress."""

import asyncio
from typing import Annotated, Any

import asyncpg
import msgspec
from fastapi import APIRouter, Depends, File, Form, Request, Response, UploadFile

from services.registration.api import upload_form
from services.registration.api.access import check_scope, member, own_import, reporter, services
from services.registration.identity.ids import Ids
from services.registration.queries import queries
from services.registration.runtime import Services
from shared.database import transaction
from shared.problems import described
from shared.security import Principal

router = APIRouter(tags=["imports"])

_ids = Ids()


@router.post(
    "/v1/imports",
    status_code=202,
    responses=described(415),
    summary="Upload a file; it is worked off in the background",
)
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
    kind = upload_form.file_kind(kind, principal)
    name = upload_form.list_name(list, file.filename)
    content = await upload_form.file_content(file)
    await asyncio.to_thread(upload_form.check_header, kind, content)
    import_id = _ids()
    async with transaction(here.pool) as db:
        await db.execute(
            queries["add_import"],
            import_id,
            principal.agency,
            kind,
            name,
            upload_form.day_of_list(list_date),
            upload_form.requires_nik(require),
            dry_run,
        )
        await db.execute(queries["add_import_file"], import_id, here.vault.seal(content))
    here.imports.wake()
    response.headers["location"] = f"/v1/imports/{import_id}"
    return _as_json(await own_import(here, principal, import_id))


@router.get("/v1/imports", summary="This agency's newest uploads")
async def list_imports(
    principal: Annotated[Principal, Depends(reporter)], here: Annotated[Services, Depends(services)]
) -> list[dict[str, Any]]:
    return [_as_json(record) for record in await here.pool.fetch(queries["imports"], principal.agency)]


@router.get("/v1/imports/{import_id}", summary="How far an upload is, and what became of its rows")
async def get_import(
    import_id: str, principal: Annotated[Principal, Depends(reporter)], here: Annotated[Services, Depends(services)]
) -> dict[str, Any]:
    return _as_json(await own_import(here, principal, import_id))


@router.delete("/v1/imports/{import_id}", summary="Cancel; what was accepted so far stays")
async def cancel_import(
    import_id: str, principal: Annotated[Principal, Depends(member)], here: Annotated[Services, Depends(services)]
) -> dict[str, Any]:
    record = await own_import(here, principal, import_id)
    check_scope(record["kind"], principal)
    async with transaction(here.pool) as db:
        if await db.fetchval(queries["cancel_import"], record["import_id"], principal.agency):
            await db.execute(queries["drop_import_file"], record["import_id"])
    return _as_json(await own_import(here, principal, import_id))


def _as_json(record: asyncpg.Record) -> dict[str, Any]:
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
