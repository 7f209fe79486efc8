"""Reads the dead-letter topics, without a consumer group: all dead letters, or how many there are."""

import re
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from shared.bus.dead_letters import DeadLetter, from_record, original_topic
from shared.bus.kafka_url import aiokafka_options
from shared.bus.records import Record
from shared.bus.topics import DEAD_LETTER_SUFFIX
from shared.bus.unreadable_batches import read_records

POLL_MS = 500

Offsets = dict[TopicPartition, int]


async def read_dead_letters(kafka: str, *, prefix: str = "", topic: str | None = None) -> list[DeadLetter]:
    """All dead letters, or those of `topic` (as in the contracts; `intake*`: of all that begin so), oldest first within
    a partition."""
    async with reader(kafka) as client:
        return await read_until(client, await dead_letter_ends(client, prefix, topic), prefix)


async def count_dead_letters(kafka: str, *, prefix: str = "") -> dict[str, int]:
    """Topic → number of its dead letters; topics without any are left out."""
    async with reader(kafka) as client:
        ends = await dead_letter_ends(client, prefix, None)
        starts = await client.beginning_offsets(list(ends))
    counts: dict[str, int] = {}
    for partition, end in ends.items():
        name = original_topic(partition.topic, prefix)
        counts[name] = counts.get(name, 0) + end - starts[partition]
    return {name: number for name, number in sorted(counts.items()) if number}


@dataclass(frozen=True)
class Waiting:
    """How many dead letters of a topic there are, and when the oldest one was written (seconds since 1970)."""

    count: int
    oldest_at: float


async def waiting_dead_letters(client: AIOKafkaConsumer, *, prefix: str = "") -> dict[str, Waiting]:
    """By topic; topics without any are left out. Needs the right to describe the topics alone."""
    ends = await dead_letter_ends(client, prefix, None)
    if not ends:
        return {}
    starts = await client.beginning_offsets(list(ends))
    firsts = await client.offsets_for_times(dict.fromkeys(ends, 0))
    found: dict[str, Waiting] = {}
    for tp, end in ends.items():
        first = firsts.get(tp)
        if first is not None and end > starts[tp]:
            name, oldest = original_topic(tp.topic, prefix), first.timestamp / 1000
            known = found.get(name, Waiting(0, oldest))
            found[name] = Waiting(known.count + end - starts[tp], min(known.oldest_at, oldest))
    return found


@asynccontextmanager
async def reader(kafka: str) -> AsyncIterator[AIOKafkaConsumer]:
    """A started client without a group."""
    client = AIOKafkaConsumer(**aiokafka_options(kafka), group_id=None, auto_offset_reset="earliest")
    try:
        await client.start()
        yield client
    finally:
        await client.stop()


@asynccontextmanager
async def admin_client(kafka: str) -> AsyncIterator[AIOKafkaAdminClient]:
    client = AIOKafkaAdminClient(**aiokafka_options(kafka))
    try:
        await client.start()
        yield client
    finally:
        await client.close()


async def dead_letter_ends(client: AIOKafkaConsumer, prefix: str, topic: str | None) -> Offsets:
    """The end offset of every partition of the dead-letter topics, or of `topic`'s.

    A `topic` that ends with `*` stands for all whose names begin so.
    """
    wanted, cluster = _dead_letter_names(prefix, topic), await client._client.fetch_all_metadata()
    names = filter(wanted.fullmatch, cluster.topics())
    partitions = [TopicPartition(name, number) for name in names for number in cluster.partitions_for_topic(name) or ()]
    return dict(await client.end_offsets(partitions)) if partitions else {}


def _dead_letter_names(prefix: str, topic: str | None) -> re.Pattern[str]:
    name = "*" if topic is None else topic
    any_end = ".*" if name.endswith("*") else ""
    return re.compile(re.escape(prefix + name.removesuffix("*")) + any_end + re.escape(DEAD_LETTER_SUFFIX))


async def read_until(client: AIOKafkaConsumer, ends: Offsets, prefix: str) -> list[DeadLetter]:
    """The dead letters before these offsets."""
    starts = dict(await client.beginning_offsets(list(ends))) if ends else {}
    return [from_record(record, prefix) for record in await read_range(client, starts, ends)]


async def read_range(
    client: AIOKafkaConsumer, starts: Offsets, ends: Offsets, keys: Collection[bytes | None] | None = None
) -> list[Record]:
    """The records from `starts` up to `ends` (exclusive), by topic, partition and offset; with `keys` only theirs."""
    unfinished = {partition for partition, end in ends.items() if starts[partition] < end}
    client.assign(sorted(unfinished))
    for partition in unfinished:
        client.seek(partition, starts[partition])
    found = []
    while unfinished:
        for partition, records in (await read_records(client, timeout_ms=POLL_MS)).items():
            inside = (record for record in records if record.offset < ends[partition])
            found += [record for record in inside if keys is None or record.key in keys]
        unfinished = {partition for partition in unfinished if await client.position(partition) < ends[partition]}
    return sorted(found, key=lambda record: (record.topic, record.partition, record.offset))
