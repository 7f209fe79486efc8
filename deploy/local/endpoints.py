"""Where a running stack's parts are: DIR/endpoints.json."""

from dataclasses import asdict, dataclass, field
from pathlib import Path

from deploy.local import directory as directories
from deploy.local.directory import Directory
from deploy.local.failure import Failure

FILE = "endpoints.json"
AGENCY_KEYS = "agency-keys.json"


@dataclass(frozen=True)
class Endpoints:
    """`registration`, `coverage`, `notifications` are URLs, `database` is the administrator's DSN."""

    registration: str
    coverage: str
    notifications: str
    kafka: str
    database: str
    admin_key: str
    agency_keys: dict[str, str] = field(default_factory=dict)


def load_endpoints(data: Path) -> Endpoints:
    """The endpoints of the stack that runs on this directory; a Failure that says what to do if none does."""
    directory = Directory(data.resolve())
    known = directory.read(FILE) if directories.holder(directory) else None
    if known is None:
        raise Failure(
            f"no stack is up on {data}: start it with ./payung up{'' if is_default(data) else f' --data {data}'}"
        )
    return Endpoints(**known)


def is_default(data: Path) -> bool:
    return data.resolve() == directories.DEFAULT


def publish(directory: Directory, endpoints: Endpoints) -> None:
    """Let everyone who may read the directory know; agencies' keys are kept for the next start as well."""
    directory.write(AGENCY_KEYS, endpoints.agency_keys)
    directory.write(FILE, asdict(endpoints))


def remember_agency_key(data: Path, slug: str, key: str) -> None:
    """Put a key that was just issued where the commands (import …) find it."""
    endpoints = load_endpoints(data)
    endpoints.agency_keys[slug] = key
    publish(Directory(data.resolve()), endpoints)


def agency_keys(directory: Directory) -> dict[str, str]:
    """Agencies' keys that earlier runs on this directory were given."""
    return directory.read(AGENCY_KEYS) or {}
