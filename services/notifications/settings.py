"""What notifications reads from its environment (`PAYUNG_…`)."""

from pydantic import field_validator
from pydantic_settings import SettingsConfigDict

from services.notifications.channels.mail import ADDRESS, Server
from shared.service import ServiceSettings

UNSET_SENDER = "no-reply@payung.invalid"


class Settings(ServiceSettings):
    """`smtp` unset: reminders only go to the log and nobody is contacted. `mail_from`: the sender's address."""

    model_config = SettingsConfigDict(hide_input_in_errors=True)  # the URL may contain a password

    smtp: str | None = None
    mail_from: str | None = None
    senders: int = 1
    lease_seconds: int = 120

    @field_validator("smtp")
    @classmethod
    def _valid_smtp(cls, value: str | None) -> str | None:
        if not value:
            return None
        Server.parse(value)
        return value

    @field_validator("mail_from")
    @classmethod
    def _valid_sender(cls, value: str | None) -> str | None:
        if value and not ADDRESS.fullmatch(value):
            raise ValueError("the sender is a plain address, such as stop@dinas.example")
        return value or None

    @property
    def sender(self) -> str:
        """The address mails come from: `mail_from`, else the mail server's user if that is an address."""
        user = Server.parse(self.smtp).user if self.smtp else None
        return self.mail_from or (user if user and "@" in user else UNSET_SENDER)
