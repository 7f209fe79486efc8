"""POST /v1/events: a request's events are one unit, answered once they are durable."""

import asyncio
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse

from services.registration.api.access import sender, services
from services.registration.intake.contexts import EventContext
from services.registration.intake.event_reader import EventReader
from services.registration.intake.jurisdiction import Jurisdiction
from services.registration.queries import queries
from services.registration.runtime import Services
from services.registration.writer import envelopes
from services.registration.writer.submissions import Answer, Events
from shared import query_parameters
from shared.problems import Problem, described, problem_response
from shared.security import Principal

router = APIRouter(tags=["events"], dependencies=[Depends(query_parameters.only_known)])

MEDIA_TYPES = (envelopes.ONE, envelopes.BATCH, envelopes.LINES)
LONGEST_KEY = 200
"""Characters of an Idempotency-Key."""
BODY = {"requestBody": {"required": True, "content": {name: {"schema": {}} for name in MEDIA_TYPES}}}


@router.post(
    "/v1/events",
    status_code=202,
    openapi_extra=BODY,
    responses=described(409, 415),
    summary="Send one event, a batch, or a line each",
)
async def post_events(
    request: Request, principal: Annotated[Principal, Depends(sender)], here: Annotated[Services, Depends(services)]
) -> JSONResponse:
    """Refused events are named in the answer and kept in the quarantine; the others are accepted."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in MEDIA_TYPES:
        raise Problem(415, "unsupported_media_type", f"Send one of {', '.join(MEDIA_TYPES)}.")
    body = await request.body()
    key = request.headers.get("idempotency-key")
    agency = str(principal.agency)
    if key is None:
        answer = await _take(here, principal, media_type, body, None)
        return _response(answer, single=media_type == envelopes.ONE)
    if len(key) > LONGEST_KEY:
        detail = f"An Idempotency-Key has at most {LONGEST_KEY} characters."
        raise Problem(422, "too_long", detail, field="idempotency-key")
    digest = here.vault.hash("request", media_type, body.hex())
    earlier = await _begin(here, agency, key, digest)
    if earlier is None:
        earlier = await _take_once(here, principal, media_type, body, key)
    return _response(earlier, single=media_type == envelopes.ONE)


async def _take(here: Services, principal: Principal, media_type: str, body: bytes, key: str | None) -> Answer:
    events = envelopes.parse(media_type, body)
    agency = str(principal.agency)
    reader = EventReader(EventContext(Jurisdiction(here.regions, principal.regions), here.jkp))
    items = await asyncio.to_thread(envelopes.items, events, agency, reader, here.vault, principal.may)
    answer: Answer = await here.writer.submit(Events(agency, principal.regions, items, key))
    return answer


async def _begin(here: Services, agency: str, key: str, digest: UUID) -> Answer | None:
    """None when this request is the first with its key; else its answer. 409 in flight, 422 for another body."""
    if await here.pool.fetchval(queries["begin_request"], agency, key, digest):
        return None
    row = await here.pool.fetchrow(queries["request"], agency, key)
    if row is None or (row["answer"] is None and row["body"] == digest):
        raise Problem(409, "conflict", "The first request with this Idempotency-Key is still being worked on.")
    if row["body"] != digest:
        raise Problem(422, "id_reused", "This Idempotency-Key was used for another body.")
    return Answer(row["status"], msgspec.json.decode(row["answer"]))


async def _take_once(here: Services, principal: Principal, media_type: str, body: bytes, key: str) -> Answer:
    try:
        return await _take(here, principal, media_type, body, key)
    except BaseException:  # whatever it was, even a stop: there is no answer to give again
        await here.pool.execute(queries["drop_request"], str(principal.agency), key)
        raise


def _response(answer: Answer, *, single: bool) -> JSONResponse:
    """A single event that is refused is a problem of the request; of several, the answer names those refused."""
    rejected: list[dict[str, Any]] = answer.body["rejected"]
    if single and rejected:
        refusal = rejected[0]
        return problem_response(422, refusal["code"], refusal["detail"], field=refusal["field"], **answer.body)
    return JSONResponse(answer.body, status_code=answer.status)
