"""What a service published, against the log that is there: a log or a database restored from an older copy shows here.

A log that ends before what was acknowledged was cut, restored or made anew. One that ends further behind than what
still waits in the outbox explains was written from a newer database than this one.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.bus.dead_letter_reader import reader
from shared.bus.halts import Halt
from shared.bus.lineage import MADE_ANEW
from shared.bus.principals import SERVICES
from shared.bus.queries import queries
from shared.bus.topic_ids import topic_ids
from shared.database import columns

Place = tuple[str, int]
"""Topic without prefix, partition."""

ANSWERED_WITHIN = 10.0
MEND_LOG = "./payung recover log"
MEND_DATABASE = "./payung recover registration"


@dataclass(frozen=True)
class Log:
    """A topic's partitions as they are: its identity, where each ends, by number."""

    identity: str
    ends: Mapping[int, int]


@dataclass(frozen=True)
class Known:
    """What the database says of one partition."""

    next_offset: int
    identity: str | None


async def compare(db: asyncpg.Connection, kafka: str, topics: Collection[str], prefix: str) -> Halt | None:
    """What does not fit, if anything; what was never counted is counted from now on.

    Another instance may publish meanwhile: the log has at least what was known before it was asked, and at most what is
    known or waits afterwards.
    Raises KafkaError or TimeoutError when the broker does not answer.
    """
    if not topics:
        return None
    before = await _known(db, topics)
    async with asyncio.timeout(ANSWERED_WITHIN), reader(kafka) as client:
        logs = await _logs(client, sorted(topics), prefix)
    async with db.transaction(isolation="repeatable_read", readonly=True):
        known = await _known(db, topics)
        adopts = await db.fetchval(queries["adopts_log"])
        waiting = {row["topic"]: row["events"] for row in await db.fetch(queries["waiting_events"])}
    for topic, log in logs.items():
        halt = misfit(topic, log, before, known, waiting.get(topic, 0), adopts=adopts)
        if halt is not None:
            return halt
    fresh = [
        (topic, partition, log.identity, end)
        for topic, log in logs.items()
        for partition, end in log.ends.items()
        if (topic, partition) not in known
    ]
    async with db.transaction():
        await db.execute(queries["count_published"], *columns(fresh, 4))
        await db.execute(queries["log_is_adopted"])
    return None


async def ends(db: asyncpg.Connection, topics: Collection[str]) -> dict[Place, int]:
    """Where what was acknowledged ends: nothing may be written before."""
    return {place: known.next_offset for place, known in (await _known(db, topics)).items()}


def misfit(
    topic: str,
    log: Log,
    before: Mapping[Place, Known],
    known: Mapping[Place, Known],
    waiting: int,
    *,
    adopts: bool,
) -> Halt | None:
    """Compares one topic with what was known before the log was asked, and afterwards; `waiting` events of it are in
    the outbox then, each of which may have been published already."""
    for partition, end in sorted(log.ends.items()):
        place = f"{topic}, partition {partition}"
        stored = known.get((topic, partition))
        if stored is None:
            if adopts:
                continue
            stored = Known(0, None)
        if stored.identity not in (None, log.identity):
            text = f"{place}: {MADE_ANEW}; mend it by {_mend(topic, MEND_LOG)}"
            return Halt(topic, "log", text, partition, stored.next_offset)
        published = before.get((topic, partition), Known(0, None)).next_offset
        if end < published:
            found = f"the log ends at {end}, but {published} were published: it was cut or is an older copy"
            return Halt(topic, "log", f"{place}: {found}; mend it by {_mend(topic, MEND_LOG)}", partition, end)
        if end > stored.next_offset + waiting and _has_one_writer(topic):
            found = f"the log ends at {end}, but this database published {stored.next_offset}: it is an older copy"
            return Halt(
                topic,
                "log",
                f"{place}: {found}; mend it by {_mend(topic, MEND_DATABASE)}",
                partition,
                stored.next_offset,
            )
    return None


async def count_redriven(db: asyncpg.Connection, kafka: str, topic: str, prefix: str = "") -> None:
    """What an operator put back to the topic is no sign of a newer database."""
    async with reader(kafka) as client:
        logs = await _logs(client, [topic], prefix)
    ends = [(topic, partition, end) for log in logs.values() for partition, end in log.ends.items()]
    await db.execute(queries["count_redriven"], *columns(ends, 3))


def _mend(topic: str, command: str) -> str:
    """The command, or of a service that is no source of facts the one that lets it go on."""
    writers = [service for service, rights in SERVICES.items() if topic in rights.publishes]
    return command if "registration" in writers or not writers else f"./payung recover service {writers[0]}"


def own_topics(service: str) -> list[str]:
    """What this service alone publishes."""
    return [topic for topic in SERVICES[service].publishes if _has_one_writer(topic)]


def _has_one_writer(topic: str) -> bool:
    """Whether what stands in the topic is ours alone; `access` is written by several services."""
    return sum(topic in rights.publishes for rights in SERVICES.values()) < 2


async def accept(db: asyncpg.Connection, kafka: str, topics: Collection[str], prefix: str = "") -> None:
    """Take the log as it is from now on: somebody made sure that it holds what it should."""
    if not topics:
        return
    async with reader(kafka) as client:
        logs = await _logs(client, sorted(topics), prefix)
    rows = [(t, partition, log.identity, end) for t, log in logs.items() for partition, end in log.ends.items()]
    async with db.transaction():
        await db.execute(queries["forget_published"], list(topics))
        await db.execute(queries["count_published"], *columns(rows, 4))
        await db.execute(queries["log_is_adopted"])


async def _logs(client: AIOKafkaConsumer, topics: Sequence[str], prefix: str) -> dict[str, Log]:
    identities = await topic_ids(client, [prefix + topic for topic in topics])
    found = {}
    for topic in topics:
        name = prefix + topic
        if name in identities:
            partitions = [TopicPartition(name, number) for number in await _partitions(client, name)]
            ends = await client.end_offsets(partitions)
            found[topic] = Log(identities[name], {tp.partition: end for tp, end in ends.items()})
    return found


async def _partitions(client: AIOKafkaConsumer, name: str) -> Sequence[int]:
    await client._client._wait_on_metadata(name)
    return sorted(client.partitions_for_topic(name) or ())


async def _known(db: asyncpg.Connection, topics: Collection[str]) -> dict[Place, Known]:
    rows = await db.fetch(queries["published"], list(topics))
    return {(row["topic"], row["partition"]): Known(row["next_offset"], row["topic_id"]) for row in rows}
