"""Where messages of alerts go is said in full or not at all."""

import pytest
from pydantic import ValidationError

from services.coverage.settings import Settings
from shared import signatures

REST = {"database": "-", "kafka": "k:1", "port": 1, "admin_key": "a"}


@pytest.mark.parametrize(
    "given",
    [
        {"alert_webhook": "https://chat.example/in"},
        {"alert_webhook_secret": signatures.PREFIX + "QUFBQUFBQUFBQUFBQUFBQUFBQUE="},
        {"alert_webhook": "file:///etc/passwd", "alert_webhook_secret": signatures.PREFIX + "QUFBQUFBQUFBQUFBQUFBQUE="},
        {"alert_webhook": "https://chat.example/in", "alert_webhook_secret": "short"},
    ],
)
def test_half_a_receiver_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Settings(**REST, **given)  # type: ignore[arg-type]
    assert Settings(**REST, alert_webhook="", alert_webhook_secret="").alert_webhook is None  # type: ignore[arg-type]
