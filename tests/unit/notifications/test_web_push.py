"""Messages for a phone's browser: encrypted as RFC 8291 has it, signed as RFC 8292 has it."""

import base64
import json
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from services.notifications.agents.web_push import CURVE, PushKey, Subscription, encrypted


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


PHONE = Subscription(
    "https://push.example.net/x",
    decoded("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
    decoded("BTBZMqHH6r4Tts7J_aSIgg"),
)
SECRET = "A" * 43 + "="


def test_the_example_of_the_standard() -> None:
    """RFC 8291, section 5."""
    number = int.from_bytes(decoded("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big")
    body = encrypted(
        b"When I grow up, I want to be a watermelon",
        PHONE,
        key=ec.derive_private_key(number, CURVE),
        salt=decoded("DGv6ra1nlYgDCS1FRnbzlw"),
    )
    assert body == decoded(
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7"
        "A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


def test_a_message_says_who_sends_it() -> None:
    key = PushKey(SECRET)
    scheme, token, public = key.authorization("https://push.example.net:8443/a/b?c", "mailto:a@b.example", NOW).split()
    assert (scheme, public) == ("vapid", f"k={key.public}")
    head, claims, signature = token.removeprefix("t=").removesuffix(",").split(".")
    assert json.loads(decoded(claims)) == {
        "aud": "https://push.example.net:8443",
        "exp": 1764590400 + 12 * 3600,
        "sub": "mailto:a@b.example",
    }
    raw = decoded(signature)
    pair = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    owner = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, decoded(key.public))
    owner.verify(pair, f"{head}.{claims}".encode(), ec.ECDSA(SHA256()))
    assert PushKey(SECRET).public == key.public, "after a restart it is the same"


NOW = datetime.fromtimestamp(1764590400, UTC)


@pytest.mark.parametrize(
    ("p256dh", "auth"), [(b"\x04" + b"\x01" * 64, b"x" * 16), (PHONE.p256dh, b"short"), (b"", b"")]
)
def test_a_key_that_is_none_is_refused(p256dh: bytes, auth: bytes) -> None:
    with pytest.raises(ValueError, match=r".*"):
        Subscription(PHONE.endpoint, p256dh, auth)
