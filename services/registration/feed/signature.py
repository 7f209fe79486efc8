"""Signs deliveries as Standard Webhooks (standardwebhooks.com) do: HMAC-SHA-256 over id, time and body."""

import base64
import hashlib
import hmac
import secrets
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
