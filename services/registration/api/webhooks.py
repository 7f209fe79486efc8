"""/v1/webhooks: where an agency's changes are sent."""

import time
from typing import Annotated, Any, get_args
from uuid import UUID, uuid4

import asyncpg
from fastapi import APIRouter, Depends, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from services.registration import audit
from services.registration.api.access import actor_of, follower, services
from services.registration.feed import changes
from services.registration.intake import values
from services.registration.queries import queries
from services.registration.records.changes import WHATS, What
from services.registration.runtime import Services
from shared import public_addresses as addresses
from shared import query_parameters, signatures
from shared.database import transaction
from shared.problems import Problem, described, not_found
from shared.public_addresses import NotAllowed
from shared.security import Principal

router = APIRouter(tags=["changes"], dependencies=[Depends(query_parameters.only_known)])

MOST = 5
"""Webhooks of one agency."""


def _once(given: list[What]) -> list[What]:
    return list(dict.fromkeys(given))


class NewWebhook(BaseModel):
    """An https address, and which changes it gets: all if not said."""

    model_config = ConfigDict(extra="forbid")

    url: Annotated[str, Field(min_length=1, max_length=addresses.LONGEST)]
    events: Annotated[list[What], Field(min_length=1, max_length=50), AfterValidator(_once)] = list(get_args(What))


class Resumption(BaseModel):
    """Whether what waited is delivered, or left out."""

    model_config = ConfigDict(extra="forbid")

    skip_waiting: bool = False


@router.post(
    "/v1/webhooks",
    status_code=201,
    responses=described(409),
    summary="Send own changes from now on to an address; the secret that signs them is shown this once",
)
async def add_webhook(
    wanted: NewWebhook,
    principal: Annotated[Principal, Depends(follower)],
    here: Annotated[Services, Depends(services)],
) -> dict[str, Any]:
    try:
        addresses.check_url(wanted.url, allow_local=here.webhooks.allows_local)
    except NotAllowed as refused:
        raise Problem(422, "invalid_value", str(refused), field="url") from None
    agency, webhook, secret = str(principal.agency), uuid4(), signatures.new_secret()
    sealed = here.vault.seal({"url": wanted.url, "secret": secret})
    async with transaction(here.pool) as db:
        await db.execute(queries["lock_webhooks"], agency)
        if await db.fetchval(queries["count_webhooks"], agency) >= MOST:
            raise Problem(409, "conflict", f"An agency has at most {MOST} webhooks: delete one.")
        position = await changes.end(here.pool)
        row = (webhook, agency, principal.key_id, list(wanted.events), sealed, position)
        await db.execute(queries["add_webhook"], *row)
        await audit.note(db, actor_of(principal), "webhook.added", {"webhook": str(webhook)})
    return {"id": str(webhook), "url": wanted.url, "events": wanted.events, "secret": secret}


@router.get("/v1/webhooks", summary="Own webhooks: whether they get what they should, and the last error")
async def list_webhooks(
    principal: Annotated[Principal, Depends(follower)], here: Annotated[Services, Depends(services)]
) -> list[dict[str, Any]]:
    return await own_webhooks(here, str(principal.agency))


@router.delete("/v1/webhooks/{webhook_id}", status_code=204, summary="Send nothing there any more")
async def delete_webhook(
    webhook_id: str,
    principal: Annotated[Principal, Depends(follower)],
    here: Annotated[Services, Depends(services)],
) -> Response:
    async with transaction(here.pool) as db:
        asked = values.uuid_or_none(webhook_id)
        if asked is None or await db.fetchval(queries["delete_webhook"], asked, principal.agency) is None:
            raise not_found()
        await audit.note(db, actor_of(principal), "webhook.deleted", {"webhook": str(asked)})
    return Response(status_code=204)


@router.post("/v1/webhooks/{webhook_id}/resume", summary="Go on with what is paused or waits for its next attempt")
async def resume_webhook(
    webhook_id: str,
    principal: Annotated[Principal, Depends(follower)],
    here: Annotated[Services, Depends(services)],
    wanted: Resumption | None = None,
) -> dict[str, Any]:
    """Where changes were deleted meanwhile it goes on with those that are kept, and `missed` says so: read
    `GET /v1/partners` anew."""
    hook = await _own(here, principal, webhook_id)
    oldest = await changes.oldest(here.pool)
    skips = wanted is not None and wanted.skip_waiting
    position = await changes.end(here.pool) if skips else oldest
    async with transaction(here.pool) as db:
        resumed = hook["webhook_id"], principal.agency, principal.key_id, position
        if await db.fetchval(queries["resume_webhook"], *resumed) is None:
            raise not_found()
        about: audit.Subjects = {"webhook": str(hook["webhook_id"]), "skipped": skips}
        await audit.note(db, actor_of(principal), "webhook.resumed", about)
    here.webhooks.wake()
    return {"id": str(hook["webhook_id"]), "state": "active", "missed": hook["position"] < oldest}


@router.post("/v1/webhooks/{webhook_id}/test", summary="Send a signed delivery without changes now, and say what came")
async def test_webhook(
    webhook_id: str,
    principal: Annotated[Principal, Depends(follower)],
    here: Annotated[Services, Depends(services)],
) -> dict[str, Any]:
    hook = await _own(here, principal, webhook_id)
    delivery = f"msg_{here.vault.hash('test', hook['webhook_id'], time.time_ns()).hex}"
    answer = await here.webhooks.send(hook, delivery, "test")
    return {"delivered": answer.is_good, "delivery": delivery, "status": answer.status, "error": answer.error}


async def own_webhooks(here: Services, agency: str) -> list[dict[str, Any]]:
    """The agency's webhooks as it is shown them."""
    return [_as_json(here, record) for record in await here.pool.fetch(queries["webhooks"], agency)]


async def _own(here: Services, principal: Principal, webhook_id: str) -> asyncpg.Record:
    asked: UUID | None = values.uuid_or_none(webhook_id)
    record = await here.pool.fetchrow(queries["webhook"], asked, principal.agency) if asked else None
    if record is None:
        raise not_found()
    return record


def _as_json(here: Services, record: asyncpg.Record) -> dict[str, Any]:
    state = "failing" if record["state"] == "active" and record["failing_since"] else record["state"]
    return {
        "id": str(record["webhook_id"]),
        "url": here.vault.open(record["sealed"])["url"],
        "events": [what for what in WHATS if what in record["events"]],
        "state": state,
        "reason": record["reason"],
        "waiting": record["waiting"],
        "attempts": record["attempts"],
        "failing_since": record["failing_since"],
        "last_error": record["last_error"],
        "next_attempt_at": record["next_attempt_at"] if state == "failing" else None,
        "last_delivered_at": record["last_delivered_at"],
        "created_at": record["created_at"],
        "key_id": record["key_id"],
    }
