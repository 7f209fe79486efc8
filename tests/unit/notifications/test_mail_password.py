"""Where the mail server's password comes from, and that it is shown nowhere."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from services.notifications.settings import MailServer

SECRET = "s3cr3t#/@:"
URL = "smtp://me@mail.example:2525"


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PAYUNG_SMTP", "PAYUNG_SMTP_PASSWORD", "PAYUNG_SMTP_PASSWORD_FILE"):
        monkeypatch.delenv(name, raising=False)


def refused() -> str:
    """What the settings say against this environment."""
    with pytest.raises(ValidationError) as problem:
        MailServer()
    assert SECRET not in str(problem.value)
    return str(problem.value)


def test_it_may_be_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYUNG_SMTP", URL)
    monkeypatch.setenv("PAYUNG_SMTP_PASSWORD", SECRET)
    settings = MailServer()
    server = settings.mail_server()
    assert (server.host, server.port, server.user, server.password) == ("mail.example", 2525, "me", SECRET)
    assert SECRET not in f"{settings!r} {settings} {server!r} {server}"


@pytest.mark.parametrize("ending", ["", "\n", "\r\n", "\nsecond line\n"])
def test_it_may_be_the_first_line_of_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ending: str) -> None:
    (tmp_path / "password").write_bytes(f"{SECRET}{ending}".encode())
    monkeypatch.setenv("PAYUNG_SMTP", URL)
    monkeypatch.setenv("PAYUNG_SMTP_PASSWORD_FILE", str(tmp_path / "password"))
    assert MailServer().mail_server().password == SECRET


def test_two_passwords_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "password").write_text(SECRET)
    monkeypatch.setenv("PAYUNG_SMTP", "smtp://me:other@mail.example")
    monkeypatch.setenv("PAYUNG_SMTP_PASSWORD", SECRET)
    assert "no second password" in refused()
    monkeypatch.setenv("PAYUNG_SMTP", URL)
    monkeypatch.setenv("PAYUNG_SMTP_PASSWORD_FILE", str(tmp_path / "password"))
    assert "both set" in refused()


def test_a_password_without_a_user_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYUNG_SMTP", "smtp://mail.example")
    monkeypatch.setenv("PAYUNG_SMTP_PASSWORD", SECRET)
    assert "needs a user" in refused()


def test_a_file_that_gives_none_is_refused_by_the_name_of_its_variable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PAYUNG_SMTP", URL)
    for content in (None, b"", b"\n" + SECRET.encode(), b"\xff" + SECRET.encode()):
        if content is not None:
            (tmp_path / "password").write_bytes(content)
        monkeypatch.setenv("PAYUNG_SMTP_PASSWORD_FILE", str(tmp_path / "password"))
        assert "PAYUNG_SMTP_PASSWORD_FILE" in refused()


def test_without_a_mail_server_nothing_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PAYUNG_SMTP", "PAYUNG_SMTP_PASSWORD", "PAYUNG_SMTP_PASSWORD_FILE"):
        monkeypatch.setenv(name, "")
    assert MailServer().smtp is None
