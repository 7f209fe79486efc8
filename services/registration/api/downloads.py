"""/v1/imports/{id}/….csv: what of an upload was refused, and who on its list is not registered."""

import asyncio
import re
from collections.abc import Iterable
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from services.registration.api.access import check_scope, onlooker, own_import, reader, services
from services.registration.api.numbers_as_sent import nib_as_sent, nik_koperasi_as_sent
from services.registration.api.parameters import day_or_today
from services.registration.queries import queries
from services.registration.runtime import Services
from shared.security import Principal
from shared.spreadsheet import as_csv

router = APIRouter(tags=["imports"])


@router.get("/v1/imports/{import_id}/rejected.csv", summary="The refused rows as they were sent, and why")
async def rejected(
    import_id: str, principal: Annotated[Principal, Depends(onlooker)], here: Annotated[Services, Depends(services)]
) -> Response:
    record = await own_import(here, principal, import_id)
    check_scope(record["kind"], principal)
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
    principal: Annotated[Principal, Depends(reader)],
    here: Annotated[Services, Depends(services)],
    as_of: str | None = None,
) -> Response:
    record = await own_import(here, principal, import_id)
    day = day_or_today(as_of, "as_of")
    found = await here.pool.fetch(queries["unregistered"], record["agency"], record["list"], day)
    header = ["name", "nik", "nib", "nik_koperasi", "region", "kind", "scale", "workers", "contact", "phone", "email"]
    header += ["address", "ref", "partner_id"]

    def rows() -> Iterable[list[str]]:
        for row in found:
            sealed = here.vault.open(row["sealed"])
            numbers = [sealed["nik"], nib_as_sent(row, sealed), nik_koperasi_as_sent(row, sealed)]
            cells = [sealed["name"], *numbers, row["region"], row["kind"], row["scale"]]
            cells += [row["total"], sealed["person"], sealed["phone"], sealed["email"], sealed["address"], row["ref"]]
            yield ["" if cell is None else str(cell) for cell in (*cells, row["partner_id"])]

    return await _csv(header, rows(), f"unregistered-{record['list']}.csv")


def _fitted(cells: list[str], width: int) -> list[str]:
    """As many cells as the header has: too few are filled up, too many are joined in the last."""
    if len(cells) > width:
        return [*cells[: width - 1], " | ".join(cells[width - 1 :])]
    return cells + [""] * (width - len(cells))


async def _csv(header: list[str], rows: Iterable[list[str]], filename: str) -> Response:
    content = await asyncio.to_thread(lambda: as_csv(header, rows).encode())
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", filename)
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers)
