"""/v1/inbound: what providers send us: replies and receipts."""

import time
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from services.notifications.addresses import AddressKeys
from services.notifications.api.dependencies import wake_parts
from services.notifications.queries import queries
from services.notifications.receipts import Receipt, as_receipt, note_receipt
from services.notifications.replies import asks_to_stop
from services.notifications.schedule import Scheduler
from services.notifications.stops import stop_address
from shared import signatures
from shared.database import transaction
from shared.observability import get_logger
from shared.openapi import callers
from shared.problems import Problem
from shared.query_parameters import refuse_unknown
from shared.security import PRINCIPAL, require

log = get_logger(__name__)

router = APIRouter(prefix="/v1", tags=["reminders"])

carrier: Final = require("inbound")
"""A provider of messages, by a key."""
Text = Annotated[str, Field(max_length=20_000, pattern=r"^[^\x00]*$")]
Address = Annotated[str, Field(min_length=3, max_length=320, pattern=r"^[^\x00]*$")]

Effect = Literal["stopped", "none", "delivered", "refused", "delayed", "unknown", "duplicate"]


class Delivery(BaseModel):
    """A reply (`from` and `text`), or a receipt (`status`, with `message_id` or, if the provider has none, `to`)."""

    model_config = ConfigDict(extra="forbid")

    channel: Literal["whatsapp", "sms", "email"] | None = None
    sender: Address | None = Field(default=None, alias="from", description="Who replied: a phone number or an e-mail.")
    subject: Text | None = Field(default=None, description="Of an e-mail.")
    text: Text | None = Field(default=None, description="What was written; nothing of it is kept.")
    status: Annotated[Receipt | None, BeforeValidator(as_receipt)] = Field(
        default=None,
        description="delivered, refused (for good) or delayed; also bounced, rejected, undeliverable, deferred, read, "
        "and codes of mail servers such as 5.1.1.",
    )
    message_id: Annotated[str, Field(max_length=400, pattern=r"^[^\x00]*$")] | None = Field(
        default=None, description="The `id` that the message was handed over with, or an e-mail's Message-ID."
    )
    to: Address | None = Field(default=None, description="Whom a receipt is about, where no message_id is known.")


async def provider(request: Request) -> str | None:
    """Who may deliver: a key with the scope, or whoever signs with our secret. Returns the id of a signed delivery."""
    refuse_unknown(list(request.query_params), ())
    if request.scope.get(PRINCIPAL) is not None:
        await carrier(request)
        return None
    secret = request.app.state.inbound_secret
    if secret is None:
        raise Problem(
            401, "unauthorized", "Signed deliveries are not set up here: send a key with the scope 'inbound'."
        )
    body = await request.body()
    if not signatures.is_signed(secret.get_secret_value(), request.headers, body, time.time()):
        await request.app.state.limits.wrong_key(request)
        raise Problem(401, "unauthorized", "The signature does not fit, or its time is more than five minutes off.")
    return request.headers["webhook-id"][:200]


@router.post(
    "/inbound",
    summary="A reply or a receipt from a provider of messages",
    openapi_extra={callers.FIELD: carrier.names},
)
async def inbound(
    body: Delivery, request: Request, signed_id: Annotated[str | None, Depends(provider)]
) -> dict[str, Any]:
    """A reply that asks to stop holds for the address, whichever partners have it. Sent again, it changes nothing."""
    scheduler: Scheduler = request.app.state.scheduler
    async with transaction(request.app.state.pool) as db:
        if signed_id and not await db.fetchval(queries["take_delivery"], signed_id, scheduler.now()):
            return _answer("duplicate", 0)
        if body.status is None:
            effect, partners = await _reply(db, scheduler, request.app.state.address_keys, body)
        else:
            effect, partners = await _receipt(db, scheduler, request.app.state.address_keys, body, body.status)
    log.info("delivery of a provider", channel=body.channel or "", effect=effect)
    wake_parts(request)
    return _answer(effect, partners)


def _answer(effect: Effect, partners: int) -> dict[str, Any]:
    return {"effect": effect, "partners": partners}


async def _reply(db: Any, scheduler: Scheduler, keys: AddressKeys, body: Delivery) -> tuple[Effect, int]:
    if body.sender is None:
        raise Problem(422, "missing_field", "from: a reply needs the address it comes from.", field="from")
    if body.text is None and body.subject is None:
        raise Problem(422, "missing_field", "text: a reply needs its text; a receipt needs its status.", field="text")
    key = keys.address(body.sender)
    if key is None:
        raise Problem(
            422, "invalid_value", "from: a mobile number such as +6281234567890, or an e-mail address.", field="from"
        )
    if not (asks_to_stop(body.text or "") or asks_to_stop(body.subject or "")):
        return "none", 0
    return "stopped", len(await stop_address(db, scheduler, key))


async def _receipt(
    db: Any, scheduler: Scheduler, keys: AddressKeys, body: Delivery, status: Receipt
) -> tuple[Effect, int]:
    digest = _message_id(body.message_id)
    if digest is None:
        if body.to is None:
            raise Problem(422, "missing_field", "message_id: a receipt needs it, or to.", field="message_id")
        key = keys.address(body.to)
        digest = await db.fetchval(queries["last_message_to"], key) if key else None
    partners = await note_receipt(db, scheduler, digest, status) if digest else []
    return (status if partners else "unknown"), len(partners)


def _message_id(given: str | None) -> str | None:
    """Our id within `<id@domain>`."""
    return (given or "").strip().lstrip("<").partition("@")[0].rstrip(">") or None
