"""How much of the log the services have not applied: their offsets in the database against the ends in Kafka."""

import asyncio

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition

from deploy.local.endpoints import Endpoints
from deploy.local.postgres import SERVICES
from shared.bus.kafka_url import aiokafka_options


async def wait_until_zero(endpoints: Endpoints, within: float = 30) -> bool:
    """True as soon as every event is published and applied, False if that takes longer than `within` seconds."""
    kafka = AIOKafkaConsumer(**aiokafka_options(endpoints.kafka_url))
    database = await asyncpg.connect(endpoints.database)
    await kafka.start()
    try:
        async with asyncio.timeout(within):
            while not await _is_zero(kafka, database):  # noqa: ASYNC110 - other processes
                await asyncio.sleep(0.1)
    except TimeoutError:
        return False
    finally:
        await kafka.stop()
        await database.close()
    return True


async def by_service(endpoints: Endpoints) -> dict[str, int | None]:
    """Service → records it has not applied yet, also while it is down; None: it has not begun to read."""
    kafka = AIOKafkaConsumer(**aiokafka_options(endpoints.kafka_url))
    database = await asyncpg.connect(endpoints.database, timeout=5)
    try:
        await kafka.start()
        return {service: await _records_behind(kafka, database, service) for service in SERVICES}
    finally:
        await kafka.stop()
        await database.close()


async def _is_zero(kafka: AIOKafkaConsumer, database: asyncpg.Connection) -> bool:
    if await database.fetchval("select exists (select from registration.outbox)"):
        return False
    return all([await _records_behind(kafka, database, service) == 0 for service in SERVICES])


async def _records_behind(kafka: AIOKafkaConsumer, database: asyncpg.Connection, service: str) -> int | None:
    rows = await database.fetch(f"select topic, partition, next_offset from {service}.consumer_offsets")  # noqa: S608
    next_offsets = {TopicPartition(row["topic"], row["partition"]): row["next_offset"] for row in rows}
    if not next_offsets:
        return None
    ends = await kafka.end_offsets(_all_partitions(next_offsets))
    behind: int = sum(max(0, end - next_offsets.get(partition, 0)) for partition, end in ends.items())
    return behind


def _all_partitions(next_offsets: dict[TopicPartition, int]) -> list[TopicPartition]:
    counts: dict[str, int] = {}
    for partition in next_offsets:
        counts[partition.topic] = max(counts.get(partition.topic, 0), partition.partition + 1)
    return [TopicPartition(topic, number) for topic, count in counts.items() for number in range(count)]
