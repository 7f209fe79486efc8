"""/v1/cases: questions that no rule decides. An agency sees those of which its regions hold every side."""

from typing import Annotated, Any, Literal
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.registration.api.access import actor_of, overseer, services
from services.registration.api.parameters import position
from services.registration.cases import decisions
from services.registration.cases.open_cases import KINDS
from services.registration.intake import values
from services.registration.intake.values import Refusal
from services.registration.queries import queries
from services.registration.records.identity_cases import MOST_SIDES
from services.registration.runtime import Services
from services.registration.writer.submissions import Decision
from shared import query_parameters
from shared.observability import get_logger
from shared.problems import Problem, not_found
from shared.security import Principal

log = get_logger(__name__)
router = APIRouter(tags=["cases"], dependencies=[Depends(query_parameters.only_known)])


class Decided(BaseModel):
    """`same` or `different`, or the code of the region that holds: one of the case's `decisions`."""

    model_config = ConfigDict(extra="forbid")

    decision: Annotated[str, StringConstraints(min_length=1, max_length=20)]
    partners: Annotated[list[UUID], Field(max_length=MOST_SIDES)] = []
    """Of several sides those that are decided about, by their `partner`; all if none are named."""


@router.get("/v1/cases", summary="Cases within this agency's regions, the oldest first")
async def list_cases(
    principal: Annotated[Principal, Depends(overseer)],
    here: Annotated[Services, Depends(services)],
    state: Annotated[
        Literal["open", "closed"], Query(description="Cases to decide, or those that are closed")
    ] = "open",
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> dict[str, Any]:
    kinds = [kind for kind in KINDS if principal.may(decisions.scope_of(kind))]
    regencies = None if principal.admin else [r for own in principal.regions for r in here.regions.regencies(own)]
    found = await here.pool.fetch(queries["cases_page"], position(cursor), kinds, regencies, state == "open", limit + 1)
    page = found[:limit]
    return {
        "items": [decisions.as_json(case, principal.agency) for case in page],
        "next_cursor": str(page[-1]["id"]) if len(found) > limit else None,
    }


@router.post("/v1/cases/{case_id}", summary="Decide a case; the facts follow at once")
async def decide_case(
    case_id: str,
    body: Decided,
    principal: Annotated[Principal, Depends(overseer)],
    here: Annotated[Services, Depends(services)],
) -> dict[str, Any]:
    asked = await _visible(here, principal, case_id)
    regions = None if principal.admin else principal.regions
    chosen = tuple(str(partner) for partner in body.partners)
    answer = await here.writer.submit(Decision(asked, body.decision, actor_of(principal), regions, chosen))
    if answer is None:
        raise not_found()
    if isinstance(answer, Refusal):
        raise Problem(409 if answer.code == "conflict" else 422, answer.code, answer.detail, field=answer.field)
    log.info("case decided", case=case_id, kind=answer["kind"], decision=body.decision, by=principal.agency or "admin")
    return decisions.as_json(answer, principal.agency)


async def _visible(here: Services, principal: Principal, case_id: str) -> UUID:
    """The id of a case that the caller may decide; the identical 404 for what is not there and what is not theirs."""
    asked = values.uuid_or_none(case_id)
    case: asyncpg.Record | None = await here.pool.fetchrow(queries["case_of"], asked) if asked else None
    own = None if principal.admin else principal.regions
    if asked is None or case is None or not decisions.may_see(case, here.regions, own):
        raise not_found()
    scope = decisions.scope_of(case["kind"])
    if not principal.may(scope):
        raise Problem(403, "forbidden", f"This key lacks the scope '{scope}'.")
    return asked
