"""/v1/push-subscriptions: an agent's phone takes notifications."""

import base64
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from services.notifications.agents.pusher import MOST_PHONES, Pusher
from services.notifications.agents.queries import queries
from services.notifications.agents.web_push import Subscription
from services.notifications.api.dependencies import routes
from shared import public_addresses
from shared.database import connection, transaction
from shared.problems import Problem
from shared.public_addresses import NotAllowed
from shared.security import Callers, Principal

router = routes()


Agent = Annotated[Principal, Depends(Callers(agencies=False, administrator=False, agents=True))]
Endpoint = Annotated[str, Field(min_length=1, max_length=public_addresses.LONGEST)]
Encoded = Annotated[str, Field(max_length=200, pattern=r"^[A-Za-z0-9_-]+=*$")]


class BrowserKeys(BaseModel):
    """In base64url, as browsers give them."""

    model_config = ConfigDict(extra="forbid")

    p256dh: Encoded
    auth: Encoded


class NewSubscription(BaseModel):
    """What the browser's `PushSubscription` is as JSON."""

    model_config = ConfigDict(extra="forbid")

    endpoint: Endpoint
    keys: BrowserKeys
    expirationTime: float | None = None


class Unsubscription(BaseModel):
    """Which phone takes no notifications any more."""

    model_config = ConfigDict(extra="forbid")

    endpoint: Endpoint


@router.post("/push-subscriptions", status_code=204, summary="Let this phone take an agent's notifications")
async def subscribe(body: NewSubscription, request: Request, caller: Agent) -> Response:
    """Digest and alerts, which name no business. The ten newest phones of an agent count."""
    pusher: Pusher = request.app.state.pusher
    try:
        public_addresses.check_url(body.endpoint, allow_local=pusher.receivers.allow_local)
        phone = Subscription(body.endpoint, _bytes(body.keys.p256dh), _bytes(body.keys.auth))
    except NotAllowed as refused:
        raise Problem(422, "invalid_value", str(refused), field="endpoint") from None
    except ValueError:
        raise Problem(422, "invalid_value", "keys: those of a browser's subscription.", field="keys") from None
    values: tuple[Any, ...] = (phone.endpoint, caller.agent, phone.p256dh, phone.auth)
    async with transaction(request.app.state.pool) as db:
        await db.execute(queries["add_subscription"], *values, request.app.state.scheduler.now())
        await db.execute(queries["limit_subscriptions"], caller.agent, MOST_PHONES)
    return Response(status_code=204)


@router.delete("/push-subscriptions", status_code=204, summary="Let a phone take no notifications any more")
async def unsubscribe(body: Unsubscription, request: Request, caller: Agent) -> Response:
    async with connection(request.app.state.pool) as db:
        await db.execute(queries["remove_subscription_of"], caller.agent, body.endpoint)
    return Response(status_code=204)


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
