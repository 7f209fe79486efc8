"""The parts of a stack as data: what each runs, when it is ready, in which order they start."""

import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import httpx

from deploy.local import databases, kafka, postgres
from deploy.local.client import PLAIN
from deploy.local.credentials import Credentials
from deploy.local.directory import ROOT, Directory
from deploy.local.endpoints import Endpoints
from deploy.local.kafka import Kafka
from deploy.local.postgres import SERVICES, Postgres
from deploy.local.process import Command
from deploy.local.providers import NO_PROVIDERS, Providers
from shared import schema_owners
from shared.bus.kafka_url import kafka_url
from shared.bus.principals import ADMIN

RECOVERED_WITHIN = 3600.0
"""Seconds that PostgreSQL may take to read its log again: what was written since a copy of it was made, at most."""


async def _nothing() -> None: ...


@dataclass(frozen=True)
class Part:
    """`prepare` runs once before the first start, in a thread; `command` is asked at every start;
    `once_ready` runs after the first start; `alive` is asked now and then."""

    name: str
    command: Callable[[], Command]
    ready: Callable[[], Awaitable[bool]]
    address: str
    prepare: Callable[[], None] = lambda: None
    once_ready: Callable[[], Awaitable[None]] = _nothing
    alive: Callable[[], Awaitable[bool]] | None = None
    starts_within: float = 90
    stops_within: float = 20


def service_argv(name: str) -> list[str]:
    return [sys.executable, "-m", f"services.{name}"]


@dataclass(frozen=True)
class Plan:
    """Where everything of one stack is, before anything runs."""

    directory: Directory
    ports: dict[str, int]
    credentials: Credentials
    jars: list[Path]
    assets: Path
    providers: Providers = NO_PROVIDERS
    argv: Callable[[str], list[str]] = service_argv

    @property
    def kafka(self) -> Kafka:
        return Kafka(
            self.directory.file("kafka"),
            self.ports["kafka"],
            self.ports["kafka_controller"],
            self.ports["kafka_internal"],
            self.jars,
            self.credentials.kafka[ADMIN],
        )

    @property
    def postgres(self) -> Postgres:
        home, port = self.directory.file("postgres"), self.ports["postgres"]
        return Postgres(home, port, self.credentials.postgres, former=self.credentials.former_postgres)

    def endpoints(self, agency_keys: dict[str, str]) -> Endpoints:
        urls = {name: f"http://127.0.0.1:{self.ports[name]}" for name in SERVICES}
        database, admin_key = self.postgres.dsn(), self.credentials.admin_key
        return Endpoints(
            **urls,
            kafka=self.kafka.address,
            database=database,
            admin_key=admin_key,
            agency_keys=agency_keys,
            kafka_user=ADMIN,
            kafka_password=self.credentials.kafka[ADMIN],
        )


def stages(plan: Plan) -> list[list[Part]]:
    """In the order in which they start; all of one stage start together. They stop the other way round."""
    return [
        [_kafka(plan.kafka, plan.credentials), _postgres(plan.postgres, plan.credentials)],
        [_service(plan, n) for n in SERVICES],
    ]


def _kafka(described: Kafka, credentials: Credentials) -> Part:
    return Part(
        "kafka",
        lambda: kafka.command(described),
        lambda: kafka.ready(described.internal),
        described.address,
        prepare=lambda: kafka.prepare(described),
        once_ready=lambda: kafka.admit(described, credentials.kafka),
    )


def _postgres(described: Postgres, credentials: Credentials) -> Part:
    async def create_schemas() -> None:
        await postgres.settle_password(described)
        await databases.create_database(described.dsn("postgres"))
        await databases.create_roles(described.dsn(), credentials.roles)
        await schema_owners.settle(described.dsn())

    return Part(
        "postgres",
        lambda: postgres.command(described),
        lambda: postgres.ready(described.dsn("postgres")),
        f"127.0.0.1:{described.port}",
        prepare=lambda: postgres.prepare(described),
        once_ready=create_schemas,
        starts_within=RECOVERED_WITHIN,
    )


def _service(plan: Plan, name: str) -> Part:
    url = f"http://127.0.0.1:{plan.ports[name]}"
    return Part(
        name,
        lambda: Command(plan.argv(name), _environment(plan, name), ROOT),
        lambda: _started(f"{url}/readyz"),
        url,
        alive=lambda: _answers(f"{url}/livez"),
        stops_within=12,
    )


def _environment(plan: Plan, name: str) -> dict[str, str]:
    settings = {
        "PAYUNG_DATABASE": plan.postgres.service_dsn(name, plan.credentials.roles[name]),
        "PAYUNG_KAFKA": kafka_url(plan.kafka.address, name, plan.credentials.kafka[name]),
        "PAYUNG_HOST": "127.0.0.1",
        "PAYUNG_PORT": str(plan.ports[name]),
        "PAYUNG_ADMIN_KEY": plan.credentials.admin_key,
        "PAYUNG_TOPIC_PREFIX": "",
        "PAYUNG_ASSETS": str(plan.assets),
        "PYTHONPATH": str(ROOT),
    }
    settings |= {f"PAYUNG_{each.upper()}_URL": f"http://127.0.0.1:{plan.ports[each]}" for each in SERVICES}
    if name == "registration":
        settings["PAYUNG_SECRET"] = plan.credentials.secret
        settings["PAYUNG_DISK"] = str(plan.directory.file("."))
    if name == "notifications":
        settings["PAYUNG_SECRET"] = plan.credentials.notifications_secret
        settings |= plan.providers.environment()
    return settings


async def _started(url: str) -> bool:
    """Whether the service is ready, or stands still until somebody decides: the commands that lead out need it up."""
    async with httpx.AsyncClient(timeout=5, trust_env=False, verify=PLAIN) as client:
        try:
            answer = await client.get(url)
            return answer.is_success or any(part.get("halted") for part in answer.json()["parts"].values())
        except (httpx.HTTPError, ValueError, KeyError):
            return False


async def _answers(url: str) -> bool:
    async with httpx.AsyncClient(timeout=5, trust_env=False, verify=PLAIN) as client:
        try:
            return (await client.get(url)).status_code == 200
        except httpx.HTTPError:
            return False
