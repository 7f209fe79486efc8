"""Which addresses can be used, and the keys under which they are compared."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.addresses import AddressKeys, usable_email, usable_phone

KEYS = AddressKeys(base64.b64encode(b"k" * 32).decode())
OTHER = AddressKeys(base64.b64encode(b"o" * 32).decode())


@pytest.mark.parametrize(
    "written",
    ["+6286000000001", "086000000 001", "0860-0000-0001", "6286000000001", "+62 860.0000.0001", "(0860) 00000001"],
)
def test_a_number_is_one_however_it_is_written(written: str) -> None:
    assert usable_phone(written) == "+6286000000001"
    assert KEYS.phone(written) == KEYS.address(written) == KEYS.phone("+6286000000001")


@pytest.mark.parametrize(
    "text", [None, "", "021-555123", "+14155550100", "0860", "+62860000000012345", "٠٨٦٠٠٠٠٠٠٠٠١", "x"]
)
def test_what_is_no_mobile_number_is_none(text: str | None) -> None:
    assert usable_phone(text) is None
    assert KEYS.phone(text) is None


def test_addresses_of_any_case_are_one_and_others_are_others() -> None:
    assert KEYS.email(" Siti@Usaha.Example ") == KEYS.email("siti@usaha.example")
    assert KEYS.email("siti@usaha.example") != KEYS.email("sita@usaha.example")
    assert usable_email("siti") is usable_email("síti@usaha.example") is None
    assert KEYS.of(None, None, "p").person != KEYS.of(None, None, "q").person
    assert KEYS.of(None, None).each() == []


def test_without_the_secret_a_key_says_nothing() -> None:
    assert KEYS.phone("+6286000000001") != OTHER.phone("+6286000000001")


@pytest.mark.parametrize("secret", ["", "short", base64.b64encode(b"k" * 31).decode(), "!" * 44])
def test_a_secret_of_another_size_is_refused(secret: str) -> None:
    with pytest.raises(ValueError):
        AddressKeys(secret)


@given(st.text(max_size=40))
def test_whatever_is_written_has_a_key_or_none(text: str) -> None:
    KEYS.address(text)
