"""What a stack's parts share in secret: made once per directory, kept in a file for its owner alone."""

import hashlib
import json
import os
import secrets
from base64 import b64encode
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from deploy.local.directory import Directory, changing
from deploy.local.failure import Failure
from deploy.local.postgres import SERVICES
from shared.bus.principals import ADMIN

FILE = "secrets.json"


@dataclass(frozen=True)
class Credentials:
    """`secret`: what registration derives its encryption from (32 bytes, base64; with commas, the newest first); losing
    it loses every NIK. `notifications_secret`: of the same size; losing it loses who asked to stop and was erased
    since. `former_postgres`: one of these is the administrator's password until the server was told the new one."""

    admin_key: str
    secret: str
    postgres: str
    roles: dict[str, str]
    kafka: dict[str, str]
    """Kafka's principals and their passwords: the administrator's and each service's."""
    notifications_secret: str
    former_postgres: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        """Tells one set of credentials from another and discloses nothing of them."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]


def of(directory: Directory) -> Credentials:
    """The directory's credentials, made on first use."""
    with changing(directory):
        known = directory.read(FILE)
        made = _new() if known is None else _complete(known)
        if known is None or any(name not in known for name in ADDED_LATER):
            directory.write(FILE, asdict(made), durable=True)
    return made


def rotate(directory: Directory, names: Collection[str]) -> Credentials:
    """Replace the secrets of these names (of ROTATED), all or none; the next start of the parts makes them count.

    Raises Failure for a directory that holds no stack.
    """
    with changing(directory):
        known = directory.read(FILE)
        if known is None:
            raise Failure(f"there is no stack on {directory.path}: nothing to rotate")
        fresh = _complete(known)
        for name in names:
            fresh = ROTATED[name](fresh)
        directory.write(FILE, asdict(fresh), durable=True)
    return fresh


def _complete(known: dict[str, Any]) -> Credentials:
    """What the file holds, with what a later release added."""
    added = {name: make() for name, make in ADDED_LATER.items() if name not in known}
    return Credentials(**{**known, **added, "former_postgres": tuple(known.get("former_postgres", ()))})


def _new() -> Credentials:
    return Credentials(_admin_key(), _secret(), secrets.token_hex(24), _roles(), _kafka_passwords(), _secret())


def _admin_key() -> str:
    from shared.security import new_key  # brings the whole web framework, needed once per directory

    return new_key()[1]


def _secret() -> str:
    return b64encode(os.urandom(32)).decode()


def _roles() -> dict[str, str]:
    return {service: secrets.token_hex(24) for service in SERVICES}


def _kafka_passwords() -> dict[str, str]:
    return {principal: secrets.token_hex(24) for principal in (ADMIN, *SERVICES)}


def _with_passwords(known: Credentials) -> Credentials:
    former = (*known.former_postgres, known.postgres)
    return replace(known, postgres=secrets.token_hex(24), roles=_roles(), former_postgres=former)


ROTATED: Final[dict[str, Callable[[Credentials], Credentials]]] = {
    "admin-key": lambda known: replace(known, admin_key=_admin_key()),
    "personal-data": lambda known: replace(known, secret=f"{_secret()},{known.secret}"),
    "databases": _with_passwords,
    "kafka": lambda known: replace(known, kafka=_kafka_passwords()),
}
"""What `rotate` may replace. Not `notifications_secret`: the keyed hashes of erased persons cannot be made again."""

ADDED_LATER: Final = {"kafka": _kafka_passwords, "notifications_secret": _secret}
"""What a directory of an earlier version gets."""
