"""Who on the list of an upload is not registered yet."""

import asyncio
from typing import Annotated, Any, Final
from uuid import UUID

import asyncpg
from fastapi import Depends
from starlette.responses import Response

from services.registration.api import downloads
from services.registration.api.access import own_import, reader, services
from services.registration.api.parameters import BEFORE_ALL, position
from services.registration.intake.cells import names
from services.registration.queries import queries
from services.registration.runtime import Services
from services.registration.vault import Vault
from services.registration.web import uploads
from shared.jakarta import today
from shared.problems import not_found
from shared.security import Principal
from shared.web.pages import SignedIn, pages

router = pages()

SHOWN: Final = 50
SEARCHED: Final = 10_000
"""Rows of the list that one page looks through: of a long list nearly all may be registered, or elsewhere."""
PORTION: Final = 2_000
"""Names that are opened at once."""


@router.get("/uploads/{import_id}/unregistered")
async def unregistered(
    page: SignedIn,
    import_id: str,
    principal: Annotated[Principal, Depends(reader)],
    here: Annotated[Services, Depends(services)],
    name: str = "",
    region: str = "",
    cursor: str | None = None,
) -> Response:
    record = await own_import(here, principal, import_id)
    if record["kind"] not in ("partners", "persons"):
        raise not_found()
    if principal.admin:
        await downloads.note(here, principal, "unregistered.exported", record)
    day, of_list = today(), (record["agency"], record["list"])
    regions = [region] if region and here.regions.get(region) else None
    after = position(cursor) if cursor else BEFORE_ALL
    found, last, is_whole = await _found(here, (*of_list, day), after, regions, name[:200])
    return page.render(
        "unregistered.html",
        upload=uploads.shown(record),
        partners=[_shown(here, each) for each in found],
        name=name[:200],
        region=region if regions else "",
        regions=[(code, uploads.region_name(here, code)) for code in await _regencies(here, record["agency"])],
        count=None if regions else await here.pool.fetchval(queries["count_unregistered"], *of_list, day),
        searched=SEARCHED,
        cursor=last,
        is_whole=is_whole,
        day=day,
    )


async def _regencies(here: Services, agency: str) -> list[str]:
    """All that the agency may list in: which of them a list names would take a look at each of its rows."""
    (row,) = await here.pool.fetch(queries["regions_of_agencies"], [agency])
    return sorted({regency for region in row["regions"] for regency in here.regions.regencies(region)})


async def _found(
    here: Services, of_list: tuple[Any, ...], after: UUID, regions: list[str] | None, name: str
) -> tuple[list[asyncpg.Record], UUID | None, bool]:
    """A page of partners, the cursor of the next one, and whether it is full or nothing is left to look through."""
    last = await here.pool.fetchval(queries["list_position"], *of_list[:2], after, SEARCHED)
    wanted = names.name_key(name)
    portion = PORTION if wanted else SHOWN + 1
    found: list[asyncpg.Record] = []
    while True:
        rows = await here.pool.fetch(queries["unregistered_page"], *of_list, after, regions, portion, last)
        found += await asyncio.to_thread(_named, here.vault, rows, wanted) if wanted else rows
        if len(found) > SHOWN:
            return found[:SHOWN], found[SHOWN - 1]["partner_id"], True
        if len(rows) < portion:
            return found, last, last is None
        after = rows[-1]["partner_id"]


def _named(vault: Vault, rows: list[asyncpg.Record], wanted: str) -> list[asyncpg.Record]:
    return [row for row in rows if wanted in names.name_key(_names(vault.open(row["sealed"])))]


def _names(sealed: dict[str, Any]) -> str:
    return f"{sealed['name']} {sealed['person'] or ''}"


def _shown(here: Services, row: asyncpg.Record) -> dict[str, Any]:
    sealed = here.vault.open(row["sealed"])
    return {
        "name": sealed["name"],
        "person": sealed["person"],
        "phone": sealed["phone"],
        "address": sealed["address"],
        "region": uploads.region_name(here, row["region"]),
        "workers": row["total"],
    }
