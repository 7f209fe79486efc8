"""What registration reads from its environment."""

import tempfile
from pathlib import Path

from pydantic import Field

from shared.service import ServiceSettings


class Settings(ServiceSettings):
    """`secret`: 32 bytes in base64, from which the keys for personal data are derived; after a rotation several with
    commas, the newest first. `jkp` switches JKP on.

    `retention_days`: so long refused rows and events, and dry runs, are kept. `upload_quota_mib`: what the files of one
    agency that wait may take. `changes_days`: so long what became of partners is kept for agencies' systems.
    `webhooks_allow_local`: webhooks may be http and lead to private addresses; for trials alone. `disk`: a folder on
    the disk whose free space is reported, where uploads wait or all data lie.
    """

    secret: str
    jkp: bool = False
    retention_days: int = Field(default=90, ge=1, le=36_500)
    upload_quota_mib: int = Field(default=4096, ge=1)
    changes_days: int = Field(default=30, ge=1, le=36_500)
    webhooks_allow_local: bool = False
    disk: Path = Field(default_factory=lambda: Path(tempfile.gettempdir()))
