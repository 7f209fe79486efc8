"""Sends alerts to the operator's own channel: one message when an alert opens, one when it is resolved.

Signed as Standard Webhooks do, at least once, in order, by one instance at a time; what is at the other end (a chat, a
ticket, a gateway to e-mail) turns it into a call for somebody. Without a receiver everything counts as sent.
"""

import asyncio
import json
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from http.client import HTTPException
from typing import Any, Final, Literal
from uuid import UUID

import asyncpg
import msgspec

from services.coverage.alert_sentences import message
from services.coverage.queries import queries
from shared import signatures
from shared.database import transaction
from shared.observability import get_logger
from shared.part import BackOff, Part

log = get_logger(__name__)

EVERY: Final = 5.0
"""Seconds between two looks for what is to be sent."""
ANSWERS_WITHIN: Final = 10.0
FIRST_RETRY, LONGEST_RETRY = 5.0, 600.0
"""Seconds."""

What = Literal["opened", "resolved"]


class AlertMessages(Part):
    """Hands every alert to `url`, once it opened and once it was resolved; `url` None: notes them as sent."""

    stalled_after = 120.0

    def __init__(self, pool: asyncpg.Pool, url: str | None, secret: str) -> None:
        super().__init__("alert_messages")
        self._pool, self._url, self._secret = pool, url, secret
        self._back_off = BackOff(FIRST_RETRY, LONGEST_RETRY)
        self.failures = 0
        """Attempts since one was last taken."""

    def detail(self) -> dict[str, Any]:
        return {"receiver": self._url is not None, "failures": self.failures}

    async def step(self) -> float:
        """Send the oldest message; the seconds until the next one."""
        was_sent = await self.send_next()
        if was_sent is None:
            return EVERY
        if not was_sent:
            self.failures += 1
            return self._back_off.next()
        self.failures = 0
        self._back_off.reset()
        return 0.0

    async def send_next(self) -> bool | None:
        """Whether the receiver took it; None: there is none to send."""
        async with transaction(self._pool) as db:
            if not await db.fetchval(queries["try_alert_message_lock"]):
                return None
            alert = await db.fetchrow(queries["unsent_alert"])
            if alert is None:
                return None
            what: What = "opened" if alert["opening_sent_at"] is None else "resolved"
            if self._url is not None and not await self._is_taken(self._url, alert, what):
                return False
            await db.execute(queries["mark_alert_sent"], alert["alert_id"], what, datetime.now(UTC))
        return True

    async def _is_taken(self, url: str, alert: asyncpg.Record, what: What) -> bool:
        body, seconds = content(alert, what), int(time.time())
        headers = signatures.headers(self._secret, delivery_id(alert["alert_id"], what), seconds, body)
        try:
            made = urllib.request.Request(url, body, headers, method="POST")  # noqa: S310 (settings take http alone)
            await asyncio.to_thread(_post, made)
        except (OSError, HTTPException, ValueError) as problem:  # HTTPError and URLError are OSErrors
            status = problem.code if isinstance(problem, urllib.error.HTTPError) else None
            log.warning("the receiver of alerts took no message", problem=type(problem).__name__, status=status)
            return False
        return True


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """The operator named one address: a message goes to no other one."""

    def redirect_request(self, *_: Any) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({}))


def _post(request: urllib.request.Request) -> None:
    """Raises OSError or HTTPException unless the receiver answers 2xx."""
    with _opener.open(request, timeout=ANSWERS_WITHIN) as answer:
        answer.read(1)


def delivery_id(alert_id: UUID, what: What) -> str:
    """The same however often it is sent, so that the receiver can tell a repeat."""
    return f"alert-{alert_id}-{what}"


def content(alert: asyncpg.Record, what: What) -> bytes:
    """The body: what is so and what to do, in both languages; nothing personal."""
    at = alert["opened_at"] if what == "opened" else alert["resolved_at"]
    data = {
        "id": str(alert["alert_id"]),
        "rule": alert["rule_name"],
        "kind": alert["kind"],
        "subject": alert["subject"],
        "message": message(alert["kind"], json.loads(alert["details"])),
    }
    return msgspec.json.encode({"type": f"alert.{what}", "timestamp": at.isoformat(), "data": data})
