"""Web Push: a message for one browser, encrypted for it alone (RFC 8291) and signed by us (RFC 8292). Touches nothing
but the system's randomness."""

import base64
import json
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CURVE: Final = ec.SECP256R1()
ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
RECORD_BYTES: Final = 4096
LONGEST: Final = 3000
"""Bytes of a message: every push service takes so much."""
AUTH_BYTES: Final = 16
SIGNED_FOR: Final = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Subscription:
    """A browser: where its push service takes messages, its public key as an uncompressed point, and its secret."""

    endpoint: str
    p256dh: bytes
    auth: bytes

    def __post_init__(self) -> None:
        """Raises ValueError for a key that is none."""
        ec.EllipticCurvePublicKey.from_encoded_point(CURVE, self.p256dh)
        if len(self.auth) != AUTH_BYTES:
            raise ValueError(f"auth has {AUTH_BYTES} bytes")


def encrypted(
    text: bytes, to: Subscription, *, key: ec.EllipticCurvePrivateKey | None = None, salt: bytes | None = None
) -> bytes:
    """The body of the request, in one record of aes128gcm. `key` and `salt` are new for each message, but in tests."""
    key, salt = key or ec.generate_private_key(CURVE), salt or os.urandom(16)
    own, theirs = point(key), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, to.p256dh)
    secret = _derived(key.exchange(ec.ECDH(), theirs), to.auth, b"WebPush: info\0" + to.p256dh + own, 32)
    content_key = _derived(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(secret, salt, b"Content-Encoding: nonce\0", 12)
    sealed = AESGCM(content_key).encrypt(nonce, text[:LONGEST] + b"\x02", None)
    return salt + RECORD_BYTES.to_bytes(4, "big") + bytes([len(own)]) + own + sealed


class PushKey:
    """The key by which push services know us. It follows from the service's secret: phones need not subscribe anew
    after a restart, and all processes have the same."""

    def __init__(self, secret: str) -> None:
        material = HKDF(SHA256(), 48, salt=None, info=b"payung/web push").derive(base64.b64decode(secret))
        self._key = ec.derive_private_key(int.from_bytes(material, "big") % (ORDER - 1) + 1, CURVE)
        self.public = _text(point(self._key))
        """As browsers take it."""

    def authorization(self, endpoint: str, subject: str, now: datetime) -> str:
        """The header that says who sends; `subject`: how we are reached, as mailto: or https: URL."""
        parts = urlsplit(endpoint)
        claims = {
            "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": int((now + SIGNED_FOR).timestamp()),
            "sub": subject,
        }
        signed = ".".join(_text(json.dumps(part).encode()) for part in ({"typ": "JWT", "alg": "ES256"}, claims))
        numbers = decode_dss_signature(self._key.sign(signed.encode(), ec.ECDSA(SHA256())))
        signature = _text(b"".join(number.to_bytes(32, "big") for number in numbers))
        return f"vapid t={signed}.{signature}, k={self.public}"


def point(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt=salt, info=info).derive(secret)


def _text(given: bytes) -> str:
    return base64.urlsafe_b64encode(given).decode().rstrip("=")
