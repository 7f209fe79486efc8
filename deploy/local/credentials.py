"""What a stack's parts share in secret: made once per directory, kept in a file for its owner alone."""

import os
import secrets
from base64 import b64encode
from dataclasses import asdict, dataclass
from typing import Final

from deploy.local.directory import Directory
from deploy.local.postgres import SERVICES
from shared.bus.principals import ADMIN

FILE = "secrets.json"


@dataclass(frozen=True)
class Credentials:
    """`secret`: what registration derives its encryption from (32 bytes, base64); losing it loses every NIK.
    `notifications_secret`: of the same size; losing it loses who asked to stop and was erased since."""

    admin_key: str
    secret: str
    postgres: str
    roles: dict[str, str]
    kafka: dict[str, str]
    """Kafka's principals and their passwords: the administrator's and each service's."""
    notifications_secret: str


def of(directory: Directory) -> Credentials:
    """The directory's credentials, made on first use."""
    known = directory.read(FILE)
    if known is None:
        known = asdict(_new())
        directory.write(FILE, known)
        return Credentials(**known)
    added = {name: make() for name, make in ADDED_LATER.items() if name not in known}
    if added:
        known |= added
        directory.write(FILE, known)
    return Credentials(**known)


def _new() -> Credentials:
    from shared.security import new_key  # brings the whole web framework, needed once per directory

    _, admin_key, _ = new_key()
    roles = {service: secrets.token_hex(24) for service in SERVICES}
    return Credentials(admin_key, _secret(), secrets.token_hex(24), roles, _kafka_passwords(), _secret())


def _secret() -> str:
    return b64encode(os.urandom(32)).decode()


def _kafka_passwords() -> dict[str, str]:
    return {principal: secrets.token_hex(24) for principal in (ADMIN, *SERVICES)}


ADDED_LATER: Final = {"kafka": _kafka_passwords, "notifications_secret": _secret}
"""What a directory of an earlier version gets."""
