"""Which deliveries count as signed by whoever has the secret."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import signatures

SECRET = signatures.new_secret()
NOW = 1_772_000_000


@given(st.binary(max_size=200), st.text("abc_-123", min_size=1, max_size=20), st.integers(-300, 300))
def test_what_we_sign_is_signed(body: bytes, delivery: str, late: int) -> None:
    headers = signatures.headers(SECRET, delivery, NOW + late, body)
    assert signatures.is_signed(SECRET, headers, body, NOW)
    both = headers | {"webhook-signature": f"v1,eA== {headers['webhook-signature']}"}
    assert signatures.is_signed(SECRET, both, body, NOW), "one of several, while a secret changes"
    assert not signatures.is_signed(signatures.new_secret(), headers, body, NOW)
    assert not signatures.is_signed(SECRET, headers, body + b" ", NOW)
    assert not signatures.is_signed(SECRET, headers | {"webhook-id": delivery + "x"}, body, NOW)
    assert not signatures.is_signed(SECRET, headers, body, NOW + late + 301)


@given(st.dictionaries(st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature"]), st.text(max_size=30)))
def test_anything_else_is_not_and_raises_nothing(headers: dict[str, str]) -> None:
    assert not signatures.is_signed(SECRET, headers, b"", NOW)


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "whsec_eA==", "whsec_!!", pytest.param(SECRET.removeprefix("whsec_"), id="plain")]
)
def test_a_secret_that_nobody_could_sign_with_is_refused(secret: str) -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        signatures.check_secret(secret)
