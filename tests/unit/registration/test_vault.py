"""The hashes of what is stored stay what they were: a keyed HMAC-SHA-256 under a key derived from the secret."""

import base64
import hmac

import pytest
from cryptography.exceptions import InvalidTag
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


def other(byte: int) -> str:
    return base64.b64encode(bytes([byte]) * 32).decode()


def test_after_a_rotation_everything_opens_hashes_stay_and_only_the_newest_key_seals() -> None:
    first = base64.b64encode(SECRET).decode()
    once = Vault(f"{other(1)},{first}")
    twice = Vault(f"{other(2)},{other(1)},{first}")
    of_each = [vault.seal({"nik": "3311010101800001"}) for vault in (VAULT, once, twice)]
    assert [twice.open(sealed) for sealed in of_each] == [{"nik": "3311010101800001"}] * 3
    assert {vault.nik("3311010101800001") for vault in (VAULT, once, twice)} == {VAULT.nik("3311010101800001")}
    with pytest.raises(InvalidTag):
        VAULT.open(of_each[1])


def test_what_a_former_key_sealed_is_sealed_anew_once() -> None:
    fresh = Vault(f"{other(1)},{base64.b64encode(SECRET).decode()}")
    anew = fresh.sealed_anew(VAULT.seal([1]))
    assert anew is not None
    assert Vault(other(1)).open(anew) == [1]
    assert fresh.sealed_anew(anew) is None
    assert fresh.sealed_anew(b"") is None
    assert fresh.key_id != VAULT.key_id


@pytest.mark.parametrize("secrets", ["", "c2hvcnQ=", f"{other(1)},", f"{other(1)};{other(2)}"])
def test_secrets_of_another_size_are_refused(secrets: str) -> None:
    with pytest.raises(ValueError, match=r"32 bytes|[Bb]ase64|padding"):
        Vault(secrets)
