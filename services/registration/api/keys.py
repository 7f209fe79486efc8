"""/v1/keys: an agency sees, replaces and revokes its own keys."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from services.registration import agency_keys
from services.registration.api.access import actor_of, member, services
from services.registration.api.agencies import Rotation, take_kafka
from services.registration.queries import queries
from services.registration.runtime import Services
from shared import query_parameters
from shared.database import transaction
from shared.problems import Problem, described, not_found
from shared.security import Principal

router = APIRouter(tags=["keys"], dependencies=[Depends(query_parameters.only_known)])


@router.get(
    "/v1/keys", summary="The agency's keys: what for, what they may do, when last used; never the keys themselves"
)
async def own_keys(
    principal: Annotated[Principal, Depends(member)], here: Annotated[Services, Depends(services)]
) -> list[dict[str, Any]]:
    found = await agency_keys.of_agency(here.pool, str(principal.agency))
    return [key | {"is_this": key["key_id"] == principal.key_id} for key in found]


@router.post(
    "/v1/keys/{key_id}/rotate",
    status_code=201,
    responses=described(409),
    summary="Replace an own key by one with its rights, shown this once; the old one opens a while longer",
)
async def rotate_own_key(
    key_id: str,
    principal: Annotated[Principal, Depends(member)],
    here: Annotated[Services, Depends(services)],
    wanted: Rotation | None = None,
) -> dict[str, Any]:
    await _check_rights(here, principal, key_id)
    async with transaction(here.pool) as db:
        issued = await agency_keys.rotate(
            db, actor_of(principal), str(principal.agency), key_id, (wanted or Rotation()).end
        )
    here.keys.changed()
    return issued


@router.delete("/v1/keys/{key_id}", status_code=204, summary="Revoke an own key, everywhere within a second")
async def revoke_own_key(
    key_id: str, principal: Annotated[Principal, Depends(member)], here: Annotated[Services, Depends(services)]
) -> Response:
    agency = str(principal.agency)
    await _check_rights(here, principal, key_id)
    async with transaction(here.keys.pool) as db:
        was_live = await agency_keys.revoke(db, actor_of(principal), agency, key_id)
    here.keys.changed()
    if not await take_kafka(here, agency, key_id) and not was_live:
        raise not_found()
    return Response(status_code=204)


async def _check_rights(here: Services, principal: Principal, key_id: str) -> None:
    """Who replaces or revokes a key may do all that it may: else a key would give itself rights, or take others'."""
    scopes = await here.pool.fetchval(queries["scopes_of_key"], principal.agency, key_id)
    if scopes is None:
        raise not_found()
    lacking = [scope for scope in scopes if not principal.may(scope)]
    if lacking:
        detail = f"This key lacks the scope '{lacking[0]}' of the other: use a key that has all of its scopes."
        raise Problem(403, "forbidden", detail)
