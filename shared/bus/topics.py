"""Topics as the contracts describe them: created when missing; one that exists is never changed."""

from collections.abc import Iterable
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from shared.bus.kafka_url import aiokafka_options
from shared.events.model import DAY_MS, Topic

DEAD_LETTER_SUFFIX = ".dlq"
DEAD_LETTER_RETENTION_MS = 7 * DAY_MS

HOURLY = str(DAY_MS // 24)
"""Milliseconds after which a segment is closed: Kafka deletes closed segments only, and by default keeps one open for a
week."""

COMPACTED = {
    "cleanup.policy": "compact",
    # An erased contact must leave the disk within a day.
    "segment.ms": HOURLY,
    "max.compaction.lag.ms": str(DAY_MS // 2),
    # A tombstone stays longer than the dead letters, so that none of them is put back after it.
    "delete.retention.ms": str(DEAD_LETTER_RETENTION_MS + DAY_MS),
    "min.cleanable.dirty.ratio": "0.1",
}


def dead_letter_topic(topic: Topic) -> Topic:
    return Topic(topic.name + DEAD_LETTER_SUFFIX, retention_ms=DEAD_LETTER_RETENTION_MS)


async def ensure_topics(
    kafka: str, topics: Iterable[Topic], *, prefix: str = "", partitions: int = 8, replication: int = 1
) -> None:
    """Create the topics and their dead-letter topics where missing. Raises KafkaError when the broker refuses."""
    wanted = [topic for each in topics for topic in (each, dead_letter_topic(each))]
    client = AIOKafkaAdminClient(**aiokafka_options(kafka))
    try:
        await client.start()
        existing = set(await client.list_topics())
        missing = [
            _new_topic(topic, prefix, partitions, replication)
            for topic in wanted
            if prefix + topic.name not in existing
        ]
        if missing:
            answer = await client.create_topics(missing)
            errors: list[Any] = answer.topic_errors  # type: ignore[attr-defined]
            for name, code, message, *_ in errors:
                if code and for_code(code) is not TopicAlreadyExistsError:
                    raise for_code(code)(f"{name}: {message}")
    finally:
        await client.close()


async def list_topics(kafka: str) -> list[str]:
    """The names of all topics that we may see."""
    client = AIOKafkaAdminClient(**aiokafka_options(kafka))
    try:
        await client.start()
        return list(await client.list_topics())
    finally:
        await client.close()


def _new_topic(topic: Topic, prefix: str, partitions: int, replication: int) -> NewTopic:
    return NewTopic(prefix + topic.name, partitions, replication, topic_configs=_configuration(topic))


def _configuration(topic: Topic) -> dict[str, str]:
    if topic.compacted:
        return COMPACTED
    deleted = {"cleanup.policy": "delete", "retention.ms": str(topic.retention_ms)}
    if topic.retention_ms >= 0:
        deleted["segment.ms"] = HOURLY
    if topic.batch_bytes is not None:
        deleted["max.message.bytes"] = str(topic.batch_bytes)
    return deleted
