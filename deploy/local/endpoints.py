"""Where a running stack's parts are: DIR/endpoints.json."""

import shlex
from dataclasses import asdict, dataclass, field
from pathlib import Path

from deploy.local import directory as directories
from deploy.local.directory import Directory
from deploy.local.failure import Failure
from shared.bus.kafka_url import kafka_url

FILE = "endpoints.json"
AGENCY_KEYS = "agency-keys.json"


@dataclass(frozen=True)
class Endpoints:
    """`registration`, `coverage`, `notifications` are URLs, `kafka` is host:port, `database` the administrator's DSN,
    `kafka_user` and `kafka_password` are the administrator's for SCRAM-SHA-512."""

    registration: str
    coverage: str
    notifications: str
    kafka: str
    database: str
    admin_key: str
    agency_keys: dict[str, str] = field(default_factory=dict)
    kafka_user: str = ""
    kafka_password: str = field(default="", repr=False)

    @property
    def kafka_url(self) -> str:
        """Kafka for the clients of `shared.bus`, as the administrator."""
        return kafka_url(self.kafka, self.kafka_user, self.kafka_password) if self.kafka_user else self.kafka


def load_endpoints(data: Path) -> Endpoints:
    """The endpoints of the stack that runs on this directory; a Failure that says what to do if none does."""
    directory = Directory(data.resolve())
    holder = directories.holder(directory)
    known = directory.read(FILE) if holder else None
    if known is None:
        raise Failure(
            f"the stack on {data} is still starting, or stopping: see ./payung status{option(data)}"
            if holder
            else f"no stack is up on {data}: start it with ./payung up{option(data)}"
        )
    return Endpoints(**known)


def is_default(data: Path) -> bool:
    return data.resolve() == directories.DEFAULT


def option(data: Path) -> str:
    """What a command needs behind it, to be about the stack on this directory."""
    return "" if is_default(data) else f" --data {shlex.quote(str(data))}"


def publish(directory: Directory, endpoints: Endpoints) -> None:
    """Write the endpoints for the commands and for scripts; agencies' keys are saved for the next start as well."""
    save_agency_keys(directory, endpoints.agency_keys)
    directory.write(FILE, asdict(endpoints))


def save_agency_keys(directory: Directory, keys: dict[str, str]) -> None:
    """Keys are shown once: save them even if the load they were issued for does not finish."""
    directory.write(AGENCY_KEYS, keys)


def add_agency_key(data: Path, slug: str, key: str) -> None:
    """Save a key that was just issued, for the commands (import …)."""
    endpoints = load_endpoints(data)
    endpoints.agency_keys[slug] = key
    publish(Directory(data.resolve()), endpoints)


def remove_agency_key(data: Path, slug: str, key_id: str) -> None:
    """Remove a key that was revoked, so that no command uses it."""
    endpoints = load_endpoints(data)
    if endpoints.agency_keys.get(slug, "").startswith(f"pyk_{key_id}_"):
        del endpoints.agency_keys[slug]
        publish(Directory(data.resolve()), endpoints)


def agency_keys(directory: Directory) -> dict[str, str]:
    """Agencies' keys that earlier runs on this directory were given."""
    return directory.read(AGENCY_KEYS) or {}
