"""How `up --smtp` hands the mail server on: never in a command line of another process."""

import os
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from deploy.local import detached, up
from deploy.local.commands import stack
from deploy.local.providers import SECRETS, Providers
from services.notifications.channels.mail_server import Server

STACK_SMTP = "PAYUNG_STACK_SMTP"
URL = "smtp://me:s3cr3t@mail.example:2525"
AMBIGUOUS = ["smtp://me:s3cr3t/x@mail.example", "smtp://me:s3cr3t@[mail", "smtp://me:s3cr3t\u2100@mail.example"]
"""Of which the library would repeat a part."""


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> typer.Typer:
    for name in (STACK_SMTP, "PAYUNG_SMTP", *SECRETS):
        monkeypatch.setenv(name, "")  # so that it is restored
        monkeypatch.delenv(name)
    made = typer.Typer()
    stack.register(made)
    return made


def test_a_stack_in_the_background_gets_it_by_its_environment(
    app: typer.Typer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    calls: list[Any] = []
    monkeypatch.setattr(detached, "start", lambda *given: calls.append(given))
    result = CliRunner().invoke(app, ["up", "--detach", "--data", str(tmp_path), "--smtp", URL])
    assert result.exit_code == 0, result.output
    ((_, arguments, environment),) = calls
    assert not [each for each in arguments if "s3cr3t" in each or "smtp" in each]
    assert environment == {STACK_SMTP: URL}
    assert "s3cr3t" not in result.output


def test_the_background_stack_reads_it_and_hands_it_to_nothing_else(
    app: typer.Typer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    started: list[up.Options] = []
    monkeypatch.setattr(up, "run", lambda options, **_: started.append(options))
    monkeypatch.setenv(STACK_SMTP, URL)
    result = CliRunner().invoke(app, ["up", "--data", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert [options.providers.smtp for options in started] == [URL]
    assert STACK_SMTP not in os.environ


def test_a_stack_in_the_foreground_takes_it_out_of_its_own_arguments(
    app: typer.Typer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    calls: list[Any] = []
    monkeypatch.setattr(os, "execve", lambda *given: calls.append(given))
    result = CliRunner().invoke(app, ["up", "--data", str(tmp_path), "--empty", "--smtp", URL])
    assert result.exit_code == 0, result.output
    ((_, argv, environment),) = calls
    assert argv[-4:] == ["up", "--data", str(tmp_path), "--empty"]
    assert environment[STACK_SMTP] == URL


def test_a_password_given_beside_it_goes_to_notifications_alone(
    app: typer.Typer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    started: list[up.Options] = []
    monkeypatch.setattr(up, "run", lambda options, **_: started.append(options))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "password").write_text("s3cr3t/@:\n")
    for name, value in (("PAYUNG_SMTP_PASSWORD", "s3cr3t/@:"), ("PAYUNG_SMTP_PASSWORD_FILE", "password")):
        monkeypatch.setenv(name, value)
        result = CliRunner().invoke(app, ["up", "--data", str(tmp_path), "--smtp", "smtps://me%40x@mail.example"])
        assert result.exit_code == 0, result.output
        server = Server.parse(started[-1].providers.smtp or "")
        assert server == Server("mail.example", 465, "me@x", "s3cr3t/@:", True)
        assert not [each for each in SECRETS if each in os.environ]


@pytest.mark.parametrize(
    "wrong", ["", "http://me:s3cr3t@mail.example", "smtp://me:s3cr3t@mail.example/path", "s3cr3t", *AMBIGUOUS]
)
def test_a_wrong_one_is_refused_without_repeating_it(app: typer.Typer, tmp_path: Path, wrong: str) -> None:
    result = CliRunner().invoke(app, ["up", "--data", str(tmp_path), "--smtp", wrong])
    assert result.exit_code == 2
    assert "s3cr3t" not in result.output
    assert "smtp" in result.output


def test_a_second_password_is_refused(app: typer.Typer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PAYUNG_SMTP_PASSWORD", "other")
    result = CliRunner().invoke(app, ["up", "--data", str(tmp_path), "--smtp", URL])
    assert result.exit_code == 2
    assert "second password" in " ".join(result.output.replace("│", " ").split())


def test_gateways_and_their_tokens_go_to_notifications_alone(
    app: typer.Typer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    calls: list[Any] = []
    monkeypatch.setattr(detached, "start", lambda *given: calls.append(given))
    (tmp_path / "token").write_text("s3cr3t\n")
    monkeypatch.setenv("PAYUNG_WHATSAPP_TOKEN", "s3cr3t")
    monkeypatch.setenv("PAYUNG_SMS_TOKEN_FILE", str(tmp_path / "token"))
    gateways = ["--whatsapp", "https://wa.example/send", "--sms", "http://127.0.0.1:9/sms"]
    result = CliRunner().invoke(app, ["up", "--detach", "--data", str(tmp_path / "data"), *gateways])
    assert result.exit_code == 0, result.output
    ((options, arguments, environment),) = calls
    assert not [each for each in arguments if "example" in each]
    handed_over = Providers.handed_over(environment)
    assert handed_over == options.providers
    assert (handed_over.whatsapp_token, handed_over.sms_token, handed_over.used) == (
        "s3cr3t",
        "s3cr3t",
        ["whatsapp", "sms"],
    )
    assert not [each for each in SECRETS if each in os.environ]
    assert "s3cr3t" not in repr(options)
    (tmp_path / "token").write_text("")
    for wrong in (["--sms", "http://sms.example"], ["--sms", ""], ["--whatsapp", "wa.example"]):
        assert CliRunner().invoke(app, ["up", "--data", str(tmp_path), *wrong]).exit_code == 2


def test_a_provider_of_apprise_leaves_no_credential_among_the_arguments(
    app: typer.Typer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    calls: list[Any] = []
    monkeypatch.setattr(os, "execve", lambda *given: calls.append(given))
    provider = "clickatell://s3cr3t/{to}"
    result = CliRunner().invoke(app, ["up", "--data", str(tmp_path), "--sms", provider])
    assert result.exit_code == 0, result.output
    ((_, argv, environment),) = calls
    assert not [each for each in argv if "s3cr3t" in each]
    handed_over = Providers.handed_over(environment)
    assert (handed_over.sms, handed_over.used) == (provider, ["sms"])
    assert "s3cr3t" not in repr(handed_over)
    refused = CliRunner().invoke(app, ["up", "--data", str(tmp_path), "--sms", "clickatell://s3cr3t/62812"])
    assert refused.exit_code == 2
    assert "s3cr3t" not in refused.output


def test_what_a_stack_says_about_its_messages() -> None:
    assert "reach nobody" in up._messages(Providers())
    assert up._messages(Providers(sms="https://sms.example")).strip() == (
        "messages leave by sms; whatsapp, email not set up"
    )
