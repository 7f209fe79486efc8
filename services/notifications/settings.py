"""What notifications reads from its environment (`PAYUNG_…`)."""

from pydantic import field_validator

from services.notifications.channels.mail import Server
from shared.service import ServiceSettings


class Settings(ServiceSettings):
    """`smtp` unset: reminders only go to the log and nobody is contacted."""

    smtp: str | None = None
    mail_from: str = "no-reply@payung.invalid"
    senders: int = 1
    lease_seconds: int = 120

    @field_validator("smtp")
    @classmethod
    def _an_address(cls, value: str | None) -> str | None:
        if not value:
            return None
        Server.parse(value)
        return value
