"""How far the services have read what is on the log: their offsets in the database against the ends in Kafka."""

import asyncio

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition

from deploy.local.endpoints import Endpoints
from deploy.local.postgres import SERVICES


async def wait(endpoints: Endpoints, within: float = 30) -> bool:
    """True as soon as nothing is on its way any more, False if that takes longer than so many seconds."""
    kafka = AIOKafkaConsumer(bootstrap_servers=endpoints.kafka)
    database = await asyncpg.connect(endpoints.database)
    await kafka.start()
    try:
        async with asyncio.timeout(within):
            while not await _caught_up(kafka, database):  # noqa: ASYNC110 - other processes
                await asyncio.sleep(0.1)
    except TimeoutError:
        return False
    finally:
        await kafka.stop()
        await database.close()
    return True


async def lag(endpoints: Endpoints) -> dict[str, int | None]:
    """Records each service has not applied yet, also while it is down; None: it has not begun to read."""
    kafka = AIOKafkaConsumer(bootstrap_servers=endpoints.kafka)
    database = await asyncpg.connect(endpoints.database, timeout=5)
    try:
        await kafka.start()
        return {reader: await _behind(kafka, database, reader) for reader in SERVICES}
    finally:
        await kafka.stop()
        await database.close()


async def _caught_up(kafka: AIOKafkaConsumer, database: asyncpg.Connection) -> bool:
    if await database.fetchval("select exists (select from registration.outbox)"):
        return False
    return all([await _behind(kafka, database, reader) == 0 for reader in SERVICES])


async def _behind(kafka: AIOKafkaConsumer, database: asyncpg.Connection, reader: str) -> int | None:
    rows = await database.fetch(f"select topic, partition, next_offset from {reader}.consumer_offsets")  # noqa: S608
    reached = {TopicPartition(row["topic"], row["partition"]): row["next_offset"] for row in rows}
    if not reached:
        return None
    ends = await kafka.end_offsets(_all_partitions(reached))
    behind: int = sum(max(0, end - reached.get(partition, 0)) for partition, end in ends.items())
    return behind


def _all_partitions(reached: dict[TopicPartition, int]) -> list[TopicPartition]:
    count = max(partition.partition for partition in reached) + 1
    return [TopicPartition(topic, n) for topic in {p.topic for p in reached} for n in range(count)]
