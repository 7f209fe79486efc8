"""Takes records out of a topic that keeps everything, as when a person's name got into a text that is no place for it.

Kafka cuts a topic only at its beginning. So what is to stay is published once more behind the old end, with its old
headers and times, and then everything before that end is deleted. Nobody may publish to the topic meanwhile. Consumers
read the copies as duplicates, which change nothing; a consumer that was behind reads them instead of the originals.
"""

from collections.abc import Callable

from aiokafka import TopicPartition
from aiokafka.admin import RecordsToDelete

from shared.bus.dead_letter_reader import admin_client, read_range, reader
from shared.bus.producer import Message, Producer
from shared.bus.records import Record


async def cut(kafka: str, topic: str, is_meant: Callable[[Record], bool], *, prefix: str = "") -> int:
    """Delete the records of `topic` (its name as in the contracts) that are meant; how many.

    A crash half-way leaves copies beside the originals, and nothing deleted: do it again.
    """
    async with reader(kafka) as client, admin_client(kafka) as admin:
        (described,) = await admin.describe_topics([prefix + topic])
        partitions = [TopicPartition(prefix + topic, each["partition"]) for each in described["partitions"]]
        ends = dict(await client.end_offsets(partitions))
        found = await read_range(client, dict(await client.beginning_offsets(partitions)), ends)
        gone = sum(map(is_meant, found))
        if gone:
            await _publish_again(kafka, topic, [record for record in found if not is_meant(record)], prefix)
            await admin.delete_records({each: RecordsToDelete(before_offset=end) for each, end in ends.items()})
    return gone


async def _publish_again(kafka: str, topic: str, records: list[Record], prefix: str) -> None:
    producer = Producer(kafka, "redaction", prefix=prefix)
    try:
        copies = [Message(topic, each.key, each.value, each.headers, each.timestamp) for each in records]
        await producer.send(copies)
    finally:
        await producer.stop()
