"""What notifications reads from its environment (`PAYUNG_…`)."""

from pathlib import Path
from typing import Self

from pydantic import SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.notifications.channels.mail import ADDRESS, Server
from shared.service import ServiceSettings

UNSET_SENDER = "no-reply@payung.invalid"


class MailServer(BaseSettings):
    """Where mail is handed in. `smtp` unset: reminders only go to the log and nobody is contacted.

    The password stands in the URL, in `smtp_password` or in the file `smtp_password_file`: in one of them.
    """

    model_config = SettingsConfigDict(env_prefix="PAYUNG_", hide_input_in_errors=True)  # the URL may hold a password

    smtp: str | None = None
    smtp_password: SecretStr | None = None
    smtp_password_file: Path | None = None

    @field_validator("smtp", "smtp_password", "smtp_password_file", mode="before")
    @classmethod
    def _none_if_empty(cls, value: object) -> object:
        return value or None

    @model_validator(mode="after")
    def _usable(self) -> Self:
        if self.smtp:
            self.mail_server()
        return self

    def mail_server(self) -> Server:
        """The server in `smtp`, which is set. Raises ValueError when it cannot be used."""
        return Server.parse(self.smtp or "", self._password())

    def _password(self) -> str | None:
        if self.smtp_password and self.smtp_password_file:
            raise ValueError("PAYUNG_SMTP_PASSWORD and PAYUNG_SMTP_PASSWORD_FILE are both set: set one of them")
        if self.smtp_password_file:
            return _password_in(self.smtp_password_file)
        return self.smtp_password.get_secret_value() if self.smtp_password else None


class Settings(ServiceSettings, MailServer):
    """All settings of the service. `mail_from`: the sender's address."""

    model_config = SettingsConfigDict(env_prefix="PAYUNG_", hide_input_in_errors=True)

    mail_from: str | None = None
    senders: int = 1
    lease_seconds: int = 120

    @field_validator("mail_from")
    @classmethod
    def _valid_sender(cls, value: str | None) -> str | None:
        if value and not ADDRESS.fullmatch(value):
            raise ValueError("the sender is a plain address, such as stop@dinas.example")
        return value or None

    @property
    def sender(self) -> str:
        """The address mails come from: `mail_from`, else the mail server's user if that is an address."""
        user = self.mail_server().user if self.smtp else None
        return self.mail_from or (user if user and ADDRESS.fullmatch(user) else UNSET_SENDER)


def _password_in(file: Path) -> str:
    """The file's first line."""
    try:
        password = file.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
    except (OSError, UnicodeDecodeError) as problem:
        raise ValueError(f"PAYUNG_SMTP_PASSWORD_FILE cannot be read: {type(problem).__name__}") from None
    if not password:
        raise ValueError("PAYUNG_SMTP_PASSWORD_FILE is empty: its first line is the password")
    return password
