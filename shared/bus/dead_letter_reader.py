"""Reads the dead-letter topics, without a consumer group: all dead letters, or how many there are."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from shared.bus.dead_letters import DeadLetter, from_record, original_topic
from shared.bus.records import Record
from shared.bus.topics import DEAD_LETTER_SUFFIX

POLL_MS = 500

Offsets = dict[TopicPartition, int]


async def read_dead_letters(kafka: str, *, prefix: str = "", topic: str | None = None) -> list[DeadLetter]:
    """All dead letters, or those of `topic` (its name as in the contracts), oldest first within a partition."""
    async with reader(kafka) as client:
        return await read_until(client, await dead_letter_ends(client, kafka, prefix, topic), prefix)


async def count_dead_letters(kafka: str, *, prefix: str = "") -> dict[str, int]:
    """Topic → number of its dead letters; topics without any are left out."""
    async with reader(kafka) as client:
        ends = await dead_letter_ends(client, kafka, prefix, None)
        starts = await client.beginning_offsets(list(ends))
    counts: dict[str, int] = {}
    for partition, end in ends.items():
        name = original_topic(partition.topic, prefix)
        counts[name] = counts.get(name, 0) + end - starts[partition]
    return {name: number for name, number in sorted(counts.items()) if number}


@asynccontextmanager
async def reader(kafka: str) -> AsyncIterator[AIOKafkaConsumer]:
    """A started client without a group."""
    client = AIOKafkaConsumer(bootstrap_servers=kafka, group_id=None, auto_offset_reset="earliest")
    try:
        await client.start()
        yield client
    finally:
        await client.stop()


@asynccontextmanager
async def admin_client(kafka: str) -> AsyncIterator[AIOKafkaAdminClient]:
    client = AIOKafkaAdminClient(bootstrap_servers=kafka)
    try:
        await client.start()
        yield client
    finally:
        await client.close()


async def dead_letter_ends(client: AIOKafkaConsumer, kafka: str, prefix: str, topic: str | None) -> Offsets:
    """The end offset of every partition of the dead-letter topics, or of `topic`'s."""
    async with admin_client(kafka) as admin:
        wanted = prefix + (topic or "") + DEAD_LETTER_SUFFIX
        names = [
            name
            for name in await admin.list_topics()
            if name == wanted or (topic is None and name.startswith(prefix) and name.endswith(DEAD_LETTER_SUFFIX))
        ]
        described = await admin.describe_topics(names) if names else []
    partitions = [TopicPartition(one["topic"], each["partition"]) for one in described for each in one["partitions"]]
    return dict(await client.end_offsets(partitions)) if partitions else {}


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
        for partition, records in (await client.getmany(timeout_ms=POLL_MS)).items():
            inside = (record for record in records if record.offset < ends[partition])
            found += [record for record in inside if keys is None or record.key in keys]
        unfinished = {partition for partition in unfinished if await client.position(partition) < ends[partition]}
    return sorted(found, key=lambda record: (record.topic, record.partition, record.offset))
