"""What registration reads from its environment."""

from shared.service import ServiceSettings


class Settings(ServiceSettings):
    """`secret`: 32 bytes in base64, from which the keys for personal data are derived. `jkp` switches JKP on."""

    secret: str
    jkp: bool = False
