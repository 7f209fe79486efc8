"""The providers through which a stack sends messages: given to `up`, handed to notifications alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

SECRETS: Final = (
    *("PAYUNG_SMTP_PASSWORD", "PAYUNG_SMTP_PASSWORD_FILE", "PAYUNG_WHATSAPP_TOKEN", "PAYUNG_WHATSAPP_TOKEN_FILE"),
    *("PAYUNG_SMS_TOKEN", "PAYUNG_SMS_TOKEN_FILE", "PAYUNG_INBOUND_SECRET"),
    *("PAYUNG_IMAP_PASSWORD", "PAYUNG_IMAP_PASSWORD_FILE"),
)
"""What may stand in `up`'s environment; nothing that is started inherits it."""
STACK: Final = "PAYUNG_STACK_"
"""Before the name of a variable: how a stack gets it where it must not stand among arguments."""


@dataclass(frozen=True)
class Providers:
    """What notifications reads of its providers; None: not used."""

    smtp: str | None = field(default=None, repr=False)
    whatsapp: str | None = field(default=None, repr=False)
    whatsapp_token: str | None = field(default=None, repr=False)
    sms: str | None = field(default=None, repr=False)
    sms_token: str | None = field(default=None, repr=False)
    inbound_secret: str | None = field(default=None, repr=False)
    imap: str | None = field(default=None, repr=False)

    def environment(self, prefix: str = "PAYUNG_") -> dict[str, str]:
        """As notifications reads them; empty: one of our own environment was not asked for."""
        return {f"{prefix}{name.upper()}": value or "" for name, value in vars(self).items()}

    def given(self) -> dict[str, str]:
        """What a stack that is started as another process gets in its environment."""
        return {name: value for name, value in self.environment(STACK).items() if value}

    @classmethod
    def handed_over(cls, environment: Mapping[str, str]) -> "Providers":
        """What `given` gave."""
        return cls(**{name: environment.get(f"{STACK}{name.upper()}") for name in cls.__dataclass_fields__})

    @property
    def used(self) -> list[str]:
        """The channels that have a provider, in the order in which they are tried."""
        return [name for name, value in (("whatsapp", self.whatsapp), ("sms", self.sms), ("email", self.smtp)) if value]


NO_PROVIDERS: Final = Providers()
