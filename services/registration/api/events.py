"""POST /v1/events: a request's events are one unit, answered once they are durable."""

import asyncio
from typing import Any, Final
from urllib.parse import unquote
from uuid import UUID

import msgspec
from fastapi import APIRouter, Depends, Request, Response
from fastapi.routing import APIRoute

from services.registration.api import event_bodies
from services.registration.api.access import sender, services
from services.registration.intake import jurisdiction
from services.registration.intake.contexts import EventContext
from services.registration.intake.event_reader import UNREADABLE, EventReader
from services.registration.queries import queries
from services.registration.runtime import Services
from services.registration.writer import cloudevents, envelopes
from services.registration.writer.submissions import Answer, Events
from shared import query_parameters
from shared.openapi import callers, refused
from shared.problems import Problem, described, problem_response
from shared.security import Principal

router = APIRouter(tags=["events"], dependencies=[Depends(query_parameters.only_known)])

MEDIA_TYPES = (cloudevents.ONE, cloudevents.BATCH, cloudevents.LINES)
BINARY = "ce-"
"""What the names of the headers begin with that hold an event's attributes, in binary mode."""
QUICK_BYTES = 8 << 10
"""Read at once: handing so few over to a thread costs more than reading them."""
LONGEST_KEY = 200
"""Characters of an Idempotency-Key."""

IN_FLIGHT_SECONDS = 5
"""After so many seconds the same key may have its answer; two minutes after a crash it is free again."""


@router.post(
    "/v1/events",
    status_code=202,
    openapi_extra=event_bodies.description() | {callers.FIELD: sender.names},
    responses=described(409, 415) | refused.of_events(),
    summary="Send one event, a batch, or a line each",
)
async def post_events(request: Request) -> Response:
    """Refused events are named in the answer and kept in the quarantine; the others are accepted.

    One event may also come in binary mode: its data as `application/json`, its attributes as headers `ce-id`,
    `ce-source`, `ce-type` and `ce-specversion`.
    """
    principal, here = await sender(request), await services(request)
    media_type = _media_type(request)
    body = await request.body()
    if media_type == BINARY:
        media_type, body = cloudevents.ONE, _structured(request, body)
    key = request.headers.get("idempotency-key")
    agency = str(principal.agency)
    if key is None:
        answer = await _take(here, principal, media_type, body, None)
        return response_of(answer, single=media_type == cloudevents.ONE)
    if len(key) > LONGEST_KEY:
        detail = f"An Idempotency-Key has at most {LONGEST_KEY} characters."
        raise Problem(422, "too_long", detail, field="idempotency-key")
    digest = here.vault.hash("request", media_type, body.hex())
    earlier = await _begin(here, agency, key, digest)
    if earlier is None:
        earlier = await _take_once(here, principal, media_type, body, key)
    return response_of(earlier, single=media_type == cloudevents.ONE)


DIRECT: Final = [route for route in router.routes if isinstance(route, APIRoute)]


def _media_type(request: Request) -> str:
    """One of MEDIA_TYPES, or BINARY."""
    content_type = request.headers.get("content-type", "")
    media_type = cloudevents.media_type(content_type)
    if media_type in MEDIA_TYPES:
        return media_type
    if cloudevents.is_json(content_type) and any(name.startswith(BINARY) for name in request.headers):
        return BINARY
    detail = f"Send one of {', '.join(MEDIA_TYPES)}; or application/json with the event's attributes as headers ce-…"
    raise Problem(415, "unsupported_media_type", detail)


def _structured(request: Request, body: bytes) -> bytes:
    """An event in binary mode as it would be in structured mode."""
    attributes = [
        (name[len(BINARY) :], unquote(text)) for name, text in request.headers.items() if name.startswith(BINARY)
    ]
    try:
        return msgspec.json.encode(cloudevents.from_binary(attributes, body))
    except UNREADABLE as problem:
        raise Problem(400, "malformed", "The body is not valid JSON in UTF-8.") from problem


async def _take(here: Services, principal: Principal, media_type: str, body: bytes, key: str | None) -> Answer:
    events = envelopes.parse(media_type, body)
    agency = str(principal.agency)
    reader = EventReader(EventContext(jurisdiction.shared(here.regions, principal.regions), here.jkp))
    reading = events, agency, reader, here.vault, principal.may
    is_quick = len(body) <= QUICK_BYTES
    items = envelopes.items(*reading) if is_quick else await asyncio.to_thread(envelopes.items, *reading)
    answer: Answer = await here.writer.submit(Events(agency, principal.regions, items, key))
    return answer


async def _begin(here: Services, agency: str, key: str, digest: UUID) -> Answer | None:
    """None when this request is the first with its key; else its answer. 409 in flight, 422 for another body."""
    if await here.pool.fetchval(queries["begin_request"], agency, key, digest):
        return None
    row = await here.pool.fetchrow(queries["request"], agency, key)
    if row is None or (row["answer"] is None and row["body"] == digest):
        detail = "The first request with this Idempotency-Key is still being worked on."
        raise Problem(409, "conflict", detail, headers={"Retry-After": str(IN_FLIGHT_SECONDS)})
    if row["body"] != digest:
        raise Problem(422, "id_reused", "This Idempotency-Key was used for another body.")
    return Answer(row["status"], msgspec.json.decode(row["answer"]))


async def _take_once(here: Services, principal: Principal, media_type: str, body: bytes, key: str) -> Answer:
    try:
        return await _take(here, principal, media_type, body, key)
    except BaseException:  # whatever it was, even a stop: there is no answer to give again
        await here.pool.execute(queries["drop_request"], str(principal.agency), key)
        raise


def response_of(answer: Answer, *, single: bool) -> Response:
    """A single event that is refused is a problem of the request; of several, and of members, the answer names those
    refused."""
    rejected: list[dict[str, Any]] = answer.body["rejected"]
    if single and rejected and not (answer.body["accepted"] or answer.body["duplicates"]):
        refusal = rejected[0]
        return problem_response(422, refusal["code"], refusal["detail"], field=refusal["field"], **answer.body)
    return Response(msgspec.json.encode(answer.body), status_code=answer.status, media_type="application/json")
