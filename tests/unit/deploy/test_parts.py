"""What the parts of a stack are given."""

from pathlib import Path

import pytest

from deploy.local import ports
from deploy.local.credentials import Credentials
from deploy.local.directory import Directory
from deploy.local.parts import Plan, stages
from deploy.local.postgres import SERVICES
from deploy.local.providers import Providers
from services.notifications.settings import Settings

CREDENTIALS = Credentials(
    "pyk_1",
    "secret",
    "postgres",
    roles=dict.fromkeys(SERVICES, "x"),
    kafka=dict.fromkeys(("admin", *SERVICES), "x"),
    notifications_secret="A" * 43 + "=",
)


def told_to_notifications(tmp_path: Path, smtp: str | None) -> dict[str, str]:
    plan = Plan(Directory(tmp_path), dict.fromkeys(ports.NAMES, 1), CREDENTIALS, [], tmp_path, Providers(smtp))
    return dict(next(part for part in stages(plan)[1] if part.name == "notifications").command().environment)


def test_mail_leaves_only_by_a_server_that_was_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYUNG_SMTP", "smtp://somewhere:25")
    for asked, used in ((None, None), ("smtp://127.0.0.1:1025", "smtp://127.0.0.1:1025")):
        for name, value in told_to_notifications(tmp_path, asked).items():
            monkeypatch.setenv(name, value)
        assert Settings().smtp == used
