"""Whether everything registration accepted has reached the services that read it."""

import asyncio

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition

from deploy.local.endpoints import Endpoints

READERS = ("coverage", "notifications")


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


async def _caught_up(kafka: AIOKafkaConsumer, database: asyncpg.Connection) -> bool:
    if await database.fetchval("select exists (select from registration.outbox)"):
        return False
    for reader in READERS:
        rows = await database.fetch(f"select topic, partition, next_offset from {reader}.consumer_offsets")  # noqa: S608
        reached = {TopicPartition(row["topic"], row["partition"]): row["next_offset"] for row in rows}
        ends = await kafka.end_offsets(_all_partitions(reached))
        if not reached or any(end > reached.get(partition, 0) for partition, end in ends.items()):
            return False
    return True


def _all_partitions(reached: dict[TopicPartition, int]) -> list[TopicPartition]:
    count = max((partition.partition for partition in reached), default=-1) + 1
    return [TopicPartition(topic, n) for topic in {p.topic for p in reached} for n in range(count)]
