"""What keeps people's identifiers out of sight: keyed hashes to look up by, sealed bytes to show again."""

import base64
import os
from contextlib import suppress
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec
from asyncpg.pgproto.pgproto import UUID as FastUUID
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE = 12


class KeyedHashes:
    """HMAC-SHA-256 (128 bits) under this key of 32 bytes; without the key a hash tells nothing."""

    def __init__(self, key: bytes) -> None:
        self.hash_key = key
        self._inner, self._outer = _hmac_states(key)

    def hash(self, kind: str, *parts: object) -> UUID:
        """The hash of these parts."""
        return self.hash_text("\x1f".join((kind, *map(str, parts))))

    def hash_text(self, text: str) -> UUID:
        """As `hash`, for the kind and the parts with U+001F between them."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(text.encode())
        outer.update(inner.digest())
        return FastUUID(outer.digest()[:16])

    def nik(self, digits: str | None) -> UUID | None:
        return None if digits is None else self.hash_text(f"nik\x1f{digits}")

    def name(self, key: str, region: str) -> UUID:
        """The hash of a normalised name in a region."""
        return self.hash_text(f"name\x1f{region}\x1f{key}")


class Vault(KeyedHashes):
    """Hashes and seals under keys derived (HKDF) from secrets of 32 bytes, given as base64 with commas between them.

    The first, the newest, seals; all of them open; the last, the oldest, keys the hashes for ever, since what they are
    hashes of is not kept. Losing the secrets loses the sealed personal data and nothing else. Raises ValueError for a
    secret of another size.
    """

    def __init__(self, secrets: str) -> None:
        materials = [_material(each) for each in secrets.split(",")]
        super().__init__(_derive(materials[-1], b"payung/hash"))
        self._cipher, *self._former = [AESGCM(_derive(each, b"payung/seal")) for each in materials]
        self.key_id = _derive(materials[0], b"payung/id")[:8].hex()
        self.has_former = bool(self._former)

    def seal(self, value: Any) -> bytes:
        """Any JSON-like value (or bytes), encrypted and authenticated."""
        return self._sealed(value if isinstance(value, bytes) else msgspec.json.encode(value))

    def open(self, sealed: bytes) -> Any:
        return msgspec.json.decode(self.open_bytes(sealed))

    def open_bytes(self, sealed: bytes) -> bytes:
        """Raises InvalidTag for what none of the keys sealed."""
        for cipher in (self._cipher, *self._former[:-1]):
            with suppress(InvalidTag):
                return _opened(cipher, sealed)
        return _opened((self._cipher, *self._former)[-1], sealed)

    def sealed_anew(self, sealed: bytes) -> bytes | None:
        """The same under the newest key; None for what that one sealed, and for what is empty."""
        if not sealed:
            return None
        with suppress(InvalidTag):
            _opened(self._cipher, sealed)
            return None
        return self._sealed(self.open_bytes(sealed))

    def _sealed(self, plain: bytes) -> bytes:
        nonce = os.urandom(NONCE)
        return nonce + self._cipher.encrypt(nonce, plain, None)


def _opened(cipher: AESGCM, sealed: bytes) -> bytes:
    return cipher.decrypt(sealed[:NONCE], sealed[NONCE:], None)


def _material(secret: str) -> bytes:
    material = base64.b64decode(secret.strip(), validate=True)
    if len(material) != 32:
        raise ValueError("PAYUNG_SECRET must be 32 bytes in base64, or several of those with commas between them")
    return material


def _hmac_states(key: bytes) -> tuple[Any, Any]:
    """SHA-256 after the inner and the outer block of HMAC (RFC 2104) for a key of 32 bytes: every hash goes on from a
    copy of these, in half the time of a whole HMAC."""
    block = key.ljust(64, b"\0")
    return sha256(bytes(byte ^ 0x36 for byte in block)), sha256(bytes(byte ^ 0x5C for byte in block))


def _derive(material: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(material)
