"""The hashes of what is stored stay what they were: a keyed HMAC-SHA-256 under a key derived from the secret."""

import base64
import hmac

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from services.registration.vault import Vault

SECRET = bytes(range(32))
KEY = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"payung/hash").derive(SECRET)
VAULT = Vault(base64.b64encode(SECRET).decode())


@given(st.lists(st.text(max_size=200), max_size=4))
def test_a_hash_is_the_first_half_of_the_hmac_of_the_parts(parts: list[str]) -> None:
    message = "\x1f".join(("nik", *parts)).encode()
    assert VAULT.hash("nik", *parts).bytes == hmac.digest(KEY, message, "sha256")[:16]


def test_one_hash_leaves_nothing_behind_for_the_next() -> None:
    first = VAULT.nik("3311010101800001")
    VAULT.name("TOKO MAJU", "33.11")
    assert VAULT.nik("3311010101800001") == first
