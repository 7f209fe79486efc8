"""Signs and checks deliveries as Standard Webhooks (standardwebhooks.com) do: HMAC-SHA-256 over id, time and body."""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Final

PREFIX: Final = "whsec_"


def new_secret() -> str:
    """`whsec_` and 32 random bytes in base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def headers(secret: str, delivery: str, seconds: int, body: bytes) -> dict[str, str]:
    """The headers of a delivery that is sent at this time (seconds since 1970)."""
    return {
        "content-type": "application/json",
        "user-agent": "Payung-Webhook/1",
        "webhook-id": delivery,
        "webhook-timestamp": str(seconds),
        "webhook-signature": sign(secret, delivery, seconds, body),
    }


def sign(secret: str, delivery: str, seconds: int, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = hmac.new(key, f"{delivery}.{seconds}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(signed).decode()


TOLERANCE: Final = 300
"""Seconds by which the time of a delivery that we are sent may differ from ours."""


def check_secret(secret: str) -> None:
    """Raises ValueError for a secret that nobody can sign with, without repeating it."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if not secret.startswith(PREFIX) or len(key) < 16:
        raise ValueError(f"a secret for signatures is {PREFIX} and at least 16 bytes in base64")


def is_signed(secret: str, given: Mapping[str, str], body: bytes, now: float) -> bool:
    """Whether these headers sign this body with this secret, within TOLERANCE of now (seconds since 1970)."""
    delivery, seconds = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    if not (delivery and seconds.isascii() and seconds.isdecimal() and len(seconds) < 12):
        return False
    if abs(now - int(seconds)) > TOLERANCE:
        return False
    wanted = sign(secret, delivery, int(seconds), body).encode()
    return any(
        hmac.compare_digest(wanted, each.encode(errors="replace"))
        for each in given.get("webhook-signature", "").split()
    )
