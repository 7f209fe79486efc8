"""Notifications on agents' phones by Web Push: kept subscriptions, and telling all phones of an agent."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Final, Literal

import asyncpg

from services.notifications.agents.queries import queries
from services.notifications.agents.web_push import PushKey, Subscription, encrypted
from shared.database import connection
from shared.guarded_http import Receivers
from shared.observability import get_logger

log = get_logger(__name__)

GONE: Final = (403, 404, 410)
"""The push service knows the subscription no more, or it was made for another key of ours."""
KEPT_SECONDS: Final = 12 * 3600
"""So long a push service keeps a message for a phone that is off."""
MOST_PHONES: Final = 10


class Pusher:
    """`subject`: how push services reach us. Where they are is what browsers say: only public addresses are used."""

    def __init__(
        self, pool: asyncpg.Pool, key: PushKey, receivers: Receivers, *, subject: str, clock: Callable[[], datetime]
    ) -> None:
        self._pool, self._key, self._subject, self._clock = pool, key, subject, clock
        self.receivers = receivers

    @property
    def public_key(self) -> str:
        return self._key.public

    async def tell(self, agent_id: str, kind: Literal["digest", "alerts"], text: str) -> bool:
        """Whether a push service of one of the agent's phones took it. Subscriptions that are gone are deleted."""
        async with connection(self._pool) as db:
            rows = await db.fetch(queries["subscriptions_of"], agent_id)
        body = json.dumps({"title": "Payung", "body": text, "tag": kind}, ensure_ascii=False).encode()
        taken = [await self._push(Subscription(*row), kind, body) for row in rows]
        return any(taken)

    async def _push(self, to: Subscription, kind: str, body: bytes) -> bool:
        headers = {
            "Authorization": self._key.authorization(to.endpoint, self._subject, self._clock()),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(KEPT_SECONDS),
            "Topic": kind,
            "Urgency": "high" if kind == "alerts" else "normal",
        }
        answer = await self.receivers.send(to.endpoint, headers, encrypted(body, to))
        if answer.status in GONE:
            async with connection(self._pool) as db:
                await db.execute(queries["remove_subscription"], to.endpoint)
        elif not answer.is_good:
            log.warning("a push service did not take a message", kind=kind, status=answer.status)
        return answer.is_good
