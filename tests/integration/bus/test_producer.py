"""What the producer compresses is what both kinds of client read, at a fraction of its size."""

import json
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import ProducerClosed
from confluent_kafka import Consumer as OtherConsumer

from shared.bus.producer import Message, Producer
from shared.bus.topics import ensure_topics
from shared.events.model import Topic

COUNT = 2_000


def message(number: int) -> Message:
    fact = {
        "partner_id": f"0194-{number:08}",
        "version": 1,
        "region": "33.11",
        "kind": "business",
        "recorded_at": "2026",
    }
    return Message("facts", b"key", json.dumps(fact).encode(), (("ce_type", b"partner.listed"),))


async def test_facts_are_compressed_and_read_by_every_client(kafka: str, topics: str, home: Path) -> None:
    await ensure_topics(kafka, [Topic("facts")], prefix=topics, partitions=1)
    producer = Producer(kafka, "test", prefix=topics)
    sent = [message(number) for number in range(COUNT)]
    await producer.send(sent)
    await producer.send([message(COUNT)])
    await producer.stop()
    expected = [each.value for each in (*sent, message(COUNT))]
    async with AIOKafkaConsumer(topics + "facts", bootstrap_servers=kafka, auto_offset_reset="earliest") as reader:
        end = (await reader.end_offsets([TopicPartition(topics + "facts", 0)])).popitem()[1]
        found = [record async for record in _until(reader, end)]
    assert [record.value for record in found] == expected
    assert {tuple(record.headers) for record in found} == {(("ce_type", b"partner.listed"),)}

    settings = {"bootstrap.servers": kafka, "group.id": topics, "auto.offset.reset": "earliest"}
    other = OtherConsumer(settings)
    other.subscribe([topics + "facts"])
    read: list[bytes | None] = []
    while len(read) < len(expected):
        read += [each.value() for each in other.consume(COUNT, timeout=10) if each.error() is None]
    other.close()
    assert read == expected
    (segment,) = (home / "kafka").rglob(f"{topics}facts-0/*.log")
    assert segment.stat().st_size < sum(len(value or b"") for value in expected) / 4


async def test_a_producer_that_was_stopped_starts_no_client_again(kafka: str, topics: str) -> None:
    """A consumer whose stop is cut short may still want to publish a dead letter."""
    await ensure_topics(kafka, [Topic("facts")], prefix=topics, partitions=1)
    producer = Producer(kafka, "test", prefix=topics)
    await producer.send([message(1)])
    await producer.stop()
    with pytest.raises(ProducerClosed):
        await producer.send([message(2)])


async def _until(reader, end):  # type: ignore[no-untyped-def]
    async for record in reader:
        yield record
        if record.offset + 1 >= end:
            return
