"""What notifications reads from its environment (`PAYUNG_…`)."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.notifications.addresses import AddressKeys
from services.notifications.channels.apprise_gateway import AppriseGateway, gateway_of
from services.notifications.channels.gateway import Gateway
from services.notifications.channels.mail import ADDRESS
from services.notifications.channels.mail_server import Server
from services.notifications.mailbox import Mailbox
from shared import signatures
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
        return _secret("PAYUNG_SMTP_PASSWORD", self.smtp_password, self.smtp_password_file)


class Gateways(BaseSettings):
    """The gateways of WhatsApp and SMS, each with its token beside it or in a file; unset: not used.

    One is an HTTP gateway that takes our own request, or a provider by apprise's URL with `{to}` in it.
    """

    model_config = SettingsConfigDict(env_prefix="PAYUNG_", hide_input_in_errors=True)

    whatsapp: str | None = None
    whatsapp_token: SecretStr | None = None
    whatsapp_token_file: Path | None = None
    sms: str | None = None
    sms_token: SecretStr | None = None
    sms_token_file: Path | None = None

    @field_validator(
        "whatsapp", "whatsapp_token", "whatsapp_token_file", "sms", "sms_token", "sms_token_file", mode="before"
    )
    @classmethod
    def _no_empty_gateway(cls, value: object) -> object:
        return value or None

    @model_validator(mode="after")
    def _usable_gateways(self) -> Self:
        self.gateways()
        return self

    def gateways(self) -> dict[Literal["whatsapp", "sms"], Gateway | AppriseGateway]:
        """The gateway of each channel that has one. Raises ValueError when one cannot be used."""
        found: dict[Literal["whatsapp", "sms"], Gateway | AppriseGateway] = {}
        if self.whatsapp:
            token = _secret("PAYUNG_WHATSAPP_TOKEN", self.whatsapp_token, self.whatsapp_token_file)
            found["whatsapp"] = gateway_of(self.whatsapp, token)
        if self.sms:
            found["sms"] = gateway_of(self.sms, _secret("PAYUNG_SMS_TOKEN", self.sms_token, self.sms_token_file))
        return found


class MailboxServer(BaseSettings):
    """The mailbox of bounces and answers, its password in the URL, beside it or in a file; unset: none is read."""

    model_config = SettingsConfigDict(env_prefix="PAYUNG_", hide_input_in_errors=True)

    imap: SecretStr | None = None
    imap_password: SecretStr | None = None
    imap_password_file: Path | None = None

    @field_validator("imap", "imap_password", "imap_password_file", mode="before")
    @classmethod
    def _no_empty_mailbox(cls, value: object) -> object:
        return value or None

    @model_validator(mode="after")
    def _usable_mailbox(self) -> Self:
        self.mailbox()
        return self

    def mailbox(self) -> Mailbox | None:
        """The mailbox that is set. Raises ValueError when it cannot be used."""
        if self.imap is None:
            return None
        password = _secret("PAYUNG_IMAP_PASSWORD", self.imap_password, self.imap_password_file)
        return Mailbox.parse(self.imap.get_secret_value(), password)


class Settings(ServiceSettings, MailServer, Gateways, MailboxServer):
    """All settings of the service.

    `secret`: 32 bytes in base64, for the keyed hashes of addresses; another secret finds none of the stops of before.
    `mail_from`: the sender's address. `…_per_minute`: how many messages a provider is given at most.
    `push_allows_local`: push services of agents' browsers may be http and at private addresses; for trials alone.
    `inbound_secret`: what deliveries of providers to `/v1/inbound` are signed with (`whsec_…`); unset: they need a key.
    """

    model_config = SettingsConfigDict(env_prefix="PAYUNG_", hide_input_in_errors=True)

    secret: SecretStr
    inbound_secret: SecretStr | None = None
    mail_from: str | None = None
    whatsapp_per_minute: int = Field(default=1_200, ge=1, le=1_000_000)
    sms_per_minute: int = Field(default=1_200, ge=1, le=1_000_000)
    push_allows_local: bool = False
    senders: int = 1
    lease_seconds: int = 120

    @field_validator("mail_from")
    @classmethod
    def _valid_sender(cls, value: str | None) -> str | None:
        if value and not ADDRESS.fullmatch(value):
            raise ValueError("the sender is a plain address, such as stop@dinas.example")
        return value or None

    @field_validator("inbound_secret", mode="before")
    @classmethod
    def _unset_if_empty(cls, value: object) -> object:
        return value or None

    @model_validator(mode="after")
    def _usable_secrets(self) -> Self:
        self.address_keys()
        if self.inbound_secret:
            signatures.check_secret(self.inbound_secret.get_secret_value())
        return self

    def address_keys(self) -> AddressKeys:
        return AddressKeys(self.secret.get_secret_value())

    @property
    def push_subject(self) -> str:
        """How push services reach who runs this: by mail, else at the page."""
        return self.notifications_url if self.sender == UNSET_SENDER else f"mailto:{self.sender}"

    @property
    def sender(self) -> str:
        """The address mails come from: `mail_from`, else the mail server's user if that is an address."""
        user = self.mail_server().user if self.smtp else None
        return self.mail_from or (user if user and ADDRESS.fullmatch(user) else UNSET_SENDER)


def _secret(variable: str, given: SecretStr | None, file: Path | None) -> str | None:
    """A secret that stands in this variable, or in the first line of the file that `…_FILE` names."""
    if given and file:
        raise ValueError(f"{variable} and {variable}_FILE are both set: set one of them")
    if file:
        return _first_line(f"{variable}_FILE", file)
    return given.get_secret_value() if given else None


def _first_line(variable: str, file: Path) -> str:
    try:
        secret = file.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
    except (OSError, UnicodeDecodeError) as problem:
        raise ValueError(f"{variable} cannot be read: {type(problem).__name__}") from None
    if not secret:
        raise ValueError(f"{variable} is empty: its first line is the secret")
    return secret
