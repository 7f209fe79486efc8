"""/v1/sources: which agency sends as which CloudEvents source. For the administrator, who may release one."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response

from services.registration import audit
from services.registration.api.access import actor_of, services
from services.registration.queries import queries
from services.registration.runtime import Services
from shared import query_parameters
from shared.database import transaction
from shared.problems import not_found
from shared.security import Principal, principal_of, require

router = APIRouter(tags=["agencies"], dependencies=[Depends(require(admin=True)), Depends(query_parameters.only_known)])

Source = Annotated[str, Query(min_length=1, max_length=500, pattern=r"^[^\x00]*$")]


@router.get("/v1/sources", summary="The sources of an agency, or of all")
async def list_sources(
    here: Annotated[Services, Depends(services)],
    agency: Annotated[str | None, Query(max_length=64, pattern=r"^[^\x00]*$")] = None,
) -> list[dict[str, Any]]:
    return [dict(row) for row in await here.pool.fetch(queries["sources_of"], agency)]


@router.delete("/v1/sources", status_code=204, summary="Release a source: the next agency to use it has it")
async def release_source(
    source: Source,
    principal: Annotated[Principal, Depends(principal_of)],
    here: Annotated[Services, Depends(services)],
) -> Response:
    async with transaction(here.pool) as db:
        agency = await db.fetchval(queries["release_source"], source)
        if agency is None:
            raise not_found()
        await audit.note(db, actor_of(principal), "source.released", {}, agency)
    return Response(status_code=204)
