"""Deletes the oldest records of topics. Kafka deletes only up to an offset, never from the middle."""

from collections.abc import Callable, Mapping

from aiokafka import TopicPartition
from aiokafka.admin import RecordsToDelete

from shared.bus.dead_letter_reader import Offsets, admin_client, reader


async def topic_ends(kafka: str, is_wanted: Callable[[str], bool]) -> Offsets:
    """The end offset of every partition of the topics whose names are wanted; those without any record ever are left
    out."""
    async with admin_client(kafka) as admin:
        names = [name for name in await admin.list_topics() if is_wanted(name)]
        described = await admin.describe_topics(names) if names else []
    partitions = [TopicPartition(one["topic"], each["partition"]) for one in described for each in one["partitions"]]
    if not partitions:
        return {}
    async with reader(kafka) as client:
        return {partition: end for partition, end in (await client.end_offsets(partitions)).items() if end}


async def delete_before(kafka: str, ends: Mapping[TopicPartition, int]) -> None:
    """Delete the records before these offsets; once this returns, nobody can read them any more."""
    async with admin_client(kafka) as admin:
        await admin.delete_records({partition: RecordsToDelete(before_offset=end) for partition, end in ends.items()})
