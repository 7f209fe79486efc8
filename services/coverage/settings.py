"""coverage's settings, read once from the environment (`PAYUNG_…`)."""

from typing import Self

from pydantic import SecretStr, field_validator, model_validator

from shared import signatures
from shared.service import ServiceSettings


class Settings(ServiceSettings):
    """`jkp` shows JKP among the programmes; `consume` off leaves consuming to workers of their own; `public_figures`
    shows the page of figures to everybody, down to provinces and without small counts."""

    jkp: bool = False
    consume: bool = True
    public_figures: bool = False
    alert_webhook: str | None = None
    alert_webhook_secret: SecretStr | None = None
    """Where messages of alerts are sent (https, or http within the operator's network), and what they are signed with
    (`whsec_…`); unset: alerts are shown on their page and counted in the metrics alone."""

    max_records: int = 10_000
    """Records a batch at most: larger is quicker to catch up, smaller keeps the web routes of this process quicker."""

    @field_validator("alert_webhook", "alert_webhook_secret", mode="before")
    @classmethod
    def _unset_if_empty(cls, value: object) -> object:
        return value or None

    @model_validator(mode="after")
    def _usable_webhook(self) -> Self:
        if (self.alert_webhook is None) != (self.alert_webhook_secret is None):
            raise ValueError("PAYUNG_ALERT_WEBHOOK and PAYUNG_ALERT_WEBHOOK_SECRET belong together")
        if self.alert_webhook and not self.alert_webhook.startswith(("https://", "http://")):
            raise ValueError("PAYUNG_ALERT_WEBHOOK is an address with https:// or http://")
        if self.alert_webhook_secret:
            signatures.check_secret(self.alert_webhook_secret.get_secret_value())
        return self

    def alert_secret(self) -> str:
        return self.alert_webhook_secret.get_secret_value() if self.alert_webhook_secret else ""

    @property
    def programmes(self) -> tuple[str, ...]:
        return ("JKK", "JKM", "JHT", "JP", "JKP") if self.jkp else ("JKK", "JKM", "JHT", "JP")
