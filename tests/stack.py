"""Real brokers and servers for tests: started, killed and started again at will."""

import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg

from deploy.local import databases, directory, jars, kafka, ports, postgres, process, status
from deploy.local.directory import ROOT
from deploy.local.endpoints import Endpoints, load_endpoints
from shared.bus.kafka_url import KafkaUrl, kafka_url
from shared.database import connect, migrate
from tests.waiting import eventually

PASSWORD = "only-for-tests"


@dataclass
class Running:
    """One part as a child process. `kill` is kill -9; `start` after it goes on with the same data and port."""

    command: process.Command
    ready: Callable[[], Awaitable[bool]]
    log: Path
    child: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    async def start(self, within: float = 60) -> None:
        self.child = process.spawn(self.command, self.log, mark=str(self.log.parent))
        try:
            await eventually(self.ready, within)
        except AssertionError:
            print(self.log.read_text()[-3000:])
            raise

    @property
    def pid(self) -> int:
        assert self.child is not None
        return self.child.pid

    def kill(self) -> None:
        """kill -9 of the part and of its children."""
        os.killpg(self.pid, signal.SIGKILL)
        assert self.child is not None
        self.child.wait()

    def pause(self) -> None:
        os.killpg(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.killpg(self.pid, signal.SIGCONT)

    def stop(self) -> None:
        if self.child is not None:
            process.stop(self.child, self.command.stop_signal, 20)


@dataclass
class Broker(Running):
    """`address` is `host:port`, or of a closed broker the administrator's; `as_user` is somebody else's."""

    address: str = ""
    passwords: dict[str, str] = field(default_factory=dict, repr=False)

    def as_user(self, user: str) -> str:
        (server,) = KafkaUrl.parse(self.address).servers
        return kafka_url(server, user, self.passwords[user])


@dataclass
class Server(Running):
    admin: str = ""


def open_broker(home: Path) -> Broker:
    """A Kafka of its own that asks nobody who it is, not started yet."""
    return _broker(_kafka(home), home)


async def start_closed_broker(home: Path) -> Broker:
    """A Kafka as users have it, with its users, grants and topics; `as_user` signs in."""
    passwords = {user: f"{user}-{PASSWORD}" for user in ("admin", *postgres.SERVICES)}
    described = replace(_kafka(home), password=passwords["admin"])
    made = _broker(described, home)
    made.passwords, made.address = passwords, kafka_url(described.address, "admin", passwords["admin"])
    await made.start()
    await kafka.admit(described, passwords)
    return made


def _kafka(home: Path) -> kafka.Kafka:
    chosen = ports.choose({})
    numbers = (chosen[name] for name in ("kafka", "kafka_controller", "kafka_internal"))
    return kafka.Kafka(home / "kafka", *numbers, jars=jars.kafka_jars())


def _broker(described: kafka.Kafka, home: Path) -> Broker:
    kafka.prepare(described)
    command, log = kafka.command(described), home / "logs/kafka.log"
    return Broker(command, lambda: kafka.ready(described.internal), log, address=described.address)


def server(home: Path, durable: bool = True) -> Server:
    """A PostgreSQL of its own, not started yet; not durable = faster, for tests that never crash it."""
    settings = {"max_connections": "200"} | ({} if durable else postgres.UNSAFE_BUT_FAST)
    described = postgres.Postgres(home / "postgres", ports.choose({})["postgres"], PASSWORD, settings)
    postgres.prepare(described)
    admin = described.dsn("postgres")
    return Server(postgres.command(described), lambda: postgres.ready(admin), home / "logs/postgres.log", admin=admin)


@dataclass(frozen=True)
class Database:
    """One test's database: `admin` is the superuser's DSN (a socket), `of("coverage")` the service's own (TCP)."""

    admin: str

    @property
    def name(self) -> str:
        return self.admin.rpartition("/")[2]

    def of(self, service: str) -> str:
        return over_tcp(self.admin, service)


def over_tcp(admin: str, role: str, password: str = PASSWORD) -> str:
    """The DSN of the same database for another role."""
    where = urlsplit(admin)
    return f"postgresql://{role}:{password}@127.0.0.1:{where.port}{where.path}"


EMPTY, MIGRATED = "payung_empty", "payung_migrated"
"""Databases to clone the tests' from: with every service's role and schema; and with all its tables as well."""


async def make_template(admin: str) -> None:
    """The template EMPTY."""
    connection = await asyncpg.connect(admin)
    await connection.execute(f"create database {EMPTY}")
    await connection.close()
    await databases.create_roles(_beside(admin, EMPTY), dict.fromkeys(postgres.SERVICES, PASSWORD))


async def migrate_template(admin: str) -> None:
    """The template MIGRATED, so that not every test has to wait for all migrations of its services."""
    connection = await asyncpg.connect(admin)
    await connection.execute(f"create database {MIGRATED} template {EMPTY}")
    await connection.close()
    for service in postgres.SERVICES:
        pool = await connect(Database(_beside(admin, MIGRATED)).of(service), min_size=1, max_size=1)
        await migrate(pool, ROOT / "services" / service / "migrations")
        await pool.close()


async def clone(admin: str, template: str = MIGRATED) -> Database:
    name = f"t_{uuid.uuid4().hex[:12]}"
    connection = await asyncpg.connect(admin)
    await connection.execute(f"create database {name} template {template} strategy wal_log")
    await connection.close()
    return Database(_beside(admin, name))


def _beside(admin: str, name: str) -> str:
    return admin.rpartition("/")[0] + "/" + name


async def drop(admin: str, database: Database) -> None:
    connection = await asyncpg.connect(admin)
    await connection.execute(f"drop database {database.name} with (force)")
    await connection.close()


@dataclass
class Stack:
    """A whole stack on a directory of its own, as `./payung up` runs it, or with stand-ins for the services."""

    data: Path
    module: tuple[str, ...] = ("deploy.local", "up", "--data")
    options: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    child: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    @property
    def log(self) -> Path:
        return self.data.with_name(self.data.name + ".log")

    @property
    def endpoints(self) -> Endpoints:
        return load_endpoints(self.data)

    @property
    def output(self) -> str:
        return self.log.read_text()

    async def start(self, within: float = 120) -> None:
        argv = [sys.executable, "-m", *self.module, str(self.data), *self.options]
        environment = self.environment | {"PYTHONPATH": str(ROOT)}
        self.child = process.spawn(process.Command(argv, environment, ROOT), self.log, mark="tests")
        try:
            await eventually(lambda: self.is_ready() or self.ended(), within, every=0.1)
        except AssertionError:
            print(self.state(), self.output[-3000:], sep="\n")
            raise
        assert not self.ended(), self.output[-3000:]

    def ended(self) -> bool:
        return self.child is None or self.child.poll() is not None

    def status(self) -> dict[str, Any]:
        return status.of(self.data)

    def state(self) -> dict[str, Any]:
        """What the supervisor noted, without asking the parts: `phase` and `parts`; empty while none is there."""
        return directory.state(directory.Directory(self.data.resolve())) or {}

    def is_ready(self) -> bool:
        """As `./payung status` says; nobody is asked before the supervisor has noted that all runs."""
        noted = self.state()
        runs = noted.get("phase") == "ready" and all(part["state"] == "running" for part in noted["parts"])
        return runs and bool(self.status()["ready"])

    def pid(self, name: str) -> int | None:
        """The part's process as the supervisor noted it last."""
        found = next((part["pid"] for part in self.state().get("parts", ()) if part["name"] == name), None)
        return None if found is None else int(found)

    def part(self, name: str) -> dict[str, Any]:
        return next(part for part in self.status()["parts"] if part["name"] == name)

    def kill(self) -> None:
        """kill -9 of the supervisor alone."""
        assert self.child is not None
        self.child.kill()
        self.child.wait()

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end; its exit code."""
        assert self.child is not None
        process.stop(self.child, how, 90)
        return self.child.returncode
