"""Puts the events on a topic before the clock starts, as the relay would: CloudEvents headers, murmur2 partitions."""

import asyncio
from collections.abc import Iterable

from aiokafka import AIOKafkaProducer

from shared.bus.partitioner import partition_of
from shared.bus.topics import ensure_topics
from shared.events import TOPICS
from tests.benchmarks._coverage.events import partner_id

PARTITIONS = 8

TYPES = [
    ("ce_specversion", b"1.0"),
    ("ce_type", b"enrollment.changed"),
    ("ce_source", b"/payung/registration"),
    ("content-type", b"application/json"),
]


async def publish(kafka: str, prefix: str, events: Iterable[tuple[int, bytes]]) -> int:
    """Write the events to the topic `enrollments`; the number written."""
    await ensure_topics(kafka, [TOPICS["enrollments"]], prefix=prefix, partitions=PARTITIONS)
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka, acks="all", enable_idempotence=True, max_batch_size=1 << 20, max_request_size=4 << 20
    )
    await producer.start()
    topic = prefix + "enrollments"
    keys: dict[int, tuple[bytes, int]] = {}
    batches = [producer.create_batch() for _ in range(PARTITIONS)]
    pending: set[asyncio.Future[object]] = set()
    written = 0
    for written, (number, value) in enumerate(events, 1):
        if number not in keys:
            key = partner_id(number).encode()
            keys[number] = key, partition_of(key, PARTITIONS)
        key, partition = keys[number]
        headers = [*TYPES, ("ce_id", b"%d" % written), ("ce_subject", key), ("ce_time", b"2026-01-01T00:00:00Z")]
        if batches[partition].append(key=key, value=value, timestamp=None, headers=headers) is None:
            batches[partition].close()
            pending.add(await producer.send_batch(batches[partition], topic, partition=partition))
            batches[partition] = producer.create_batch()
            batches[partition].append(key=key, value=value, timestamp=None, headers=headers)
    for partition, batch in enumerate(batches):
        batch.close()
        pending.add(await producer.send_batch(batch, topic, partition=partition))
    await asyncio.gather(*pending)
    await producer.stop()
    return written
