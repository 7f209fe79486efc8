"""WhatsApp and SMS through an HTTP gateway: one JSON request a message, which a gateway or a small relay understands.

docs/channels.md describes the request and what its answers mean.
"""

import ipaddress
import json
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal
from urllib.parse import urlsplit

import httpcore

from services.notifications.addresses import usable_phone
from services.notifications.channels import Message, Outcome
from services.notifications.channels.texts import short_text

NOT_LEFT = (
    *(httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.PoolTimeout, httpcore.UnsupportedProtocol),
    httpcore.LocalProtocolError,
)
"""Before anything of the message was sent."""
LEFT = (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError)
LONGEST_ANSWER = 64 << 10
REFUSED = (410, 422)
"""About this number, for good: it does not exist, or cannot be reached through this channel."""
UNCLEAR = (500, 502, 504)
"""The gateway failed, perhaps after it had taken the message."""
ACCEPTED = ("accepted", "queued", "sent", "delivered")


@dataclass(frozen=True)
class Gateway:
    """Where a channel's messages are handed in, and the bearer token that allows it."""

    url: str
    token: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Raises ValueError for a URL that cannot be used; what may hold a secret is not repeated."""
        with suppress(ValueError):
            parts = urlsplit(self.url)
            plain = parts.scheme == "http" and is_near(parts.hostname or "")
            if (parts.scheme == "https" or plain) and parts.hostname and parts.port != 0 and not parts.username:
                return
        raise ValueError(
            "a gateway is given as https://host/path, without user and password; http:// only in one's own network"
        ) from None


def is_near(host: str) -> bool:
    """Whether a host lies in one's own network: a message may go there without TLS."""
    with suppress(ValueError):
        address = ipaddress.ip_address(host)
        return address.is_private or address.is_loopback
    return host == "localhost" or "." not in host


class GatewayChannel:
    """Hands each message to the gateway, with the reminder's id as Idempotency-Key: a repeat can be recognised."""

    def __init__(self, name: Literal["whatsapp", "sms"], gateway: Gateway, *, timeout: float = 20) -> None:
        self._name = name
        self._gateway = gateway
        self._timeouts = dict.fromkeys(("connect", "read", "write", "pool"), timeout)
        self._pool = httpcore.AsyncConnectionPool(max_connections=32, keepalive_expiry=20)

    async def close(self) -> None:
        """Close the connections that are kept open."""
        await self._pool.aclose()

    async def send(self, message: Message) -> Outcome:
        number = usable_phone(message.recipient.phone)
        if number is None:
            return Outcome("failed", "address_unusable")
        try:
            content = json.dumps(self._body(message, number), ensure_ascii=False).encode()
        except (ValueError, KeyError) as problem:  # our own fault: it must not stop the others
            return Outcome("delayed", f"text: {type(problem).__name__}")
        try:
            return await self._post(message.id, content)
        except NOT_LEFT as problem:
            return Outcome("delayed", f"server: {type(problem).__name__}", is_server_down=True)
        except (*LEFT, OSError) as problem:
            detail = f"server: {type(problem).__name__}"
            return Outcome("delayed", detail, may_have_left=True, is_server_down=True)

    def _body(self, message: Message, number: str) -> dict[str, Any]:
        return {
            "id": message.id,
            "channel": self._name,
            "to": number,
            "text": short_text(message, self._name),
            "template": message.template,
            "language": message.recipient.language,
        }

    async def _post(self, number: str, content: bytes) -> Outcome:
        headers = {"Content-Type": "application/json", "Idempotency-Key": number, "User-Agent": "Payung/1"}
        if self._gateway.token:
            headers["Authorization"] = f"Bearer {self._gateway.token}"
        async with self._pool.stream(
            "POST",
            self._gateway.url,
            headers=[(name.encode(), value.encode()) for name, value in headers.items()],
            content=content,
            extensions={"timeout": self._timeouts},
        ) as answer:
            body = await _beginning(answer)
        asked = {name.lower(): value for name, value in answer.headers}.get(b"retry-after", b"")
        return outcome_of(answer.status, body, retry_after=_seconds(asked.decode("ascii", "replace")))


async def _beginning(answer: httpcore.Response) -> bytes:
    body = b""
    async for chunk in answer.aiter_stream():
        body += chunk
        if len(body) > LONGEST_ANSWER:
            break
    return body


def outcome_of(status: int, body: bytes, *, retry_after: float | None = None) -> Outcome:
    """What an answer means. Pure.

    Accepted is a 2xx with a JSON object, or without a body; an object may say `status: refused`. A page in place of
    JSON is somebody else's answer: nothing says that the message was taken.
    """
    detail = f"http: {status}"
    if 200 <= status < 300:
        return _accepted(status, body)
    if status in REFUSED:
        return Outcome("failed", detail)
    may_have_left = status in UNCLEAR
    return Outcome("delayed", detail, may_have_left=may_have_left, is_server_down=True, retry_after=retry_after)


def _accepted(status: int, body: bytes) -> Outcome:
    detail = f"http: {status}"
    if not body.strip():
        return Outcome("sent", detail)
    with suppress(ValueError, RecursionError):
        answer = json.loads(body)
        if isinstance(answer, dict):
            said = answer.get("status", "accepted")
            if said == "refused":
                return Outcome("failed", f"{detail} refused")
            if said in ACCEPTED:
                return Outcome("sent", detail)
            return Outcome("delayed", f"{detail} status", may_have_left=True, is_server_down=True)
    return Outcome("delayed", f"{detail} garbled", may_have_left=True, is_server_down=True)


def _seconds(text: str) -> float | None:
    """A Retry-After in seconds, as a number or as a date; None for what is neither."""
    if text.isdecimal() and len(text) < 8:
        return float(text)
    with suppress(ValueError, TypeError):
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    return None
