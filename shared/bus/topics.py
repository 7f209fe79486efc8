"""Topics as the contracts want them: created when missing, never changed behind an operator's back."""

from collections.abc import Iterable
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from shared.events.model import DAY_MS, Topic

DEAD_LETTER_SUFFIX = ".dlq"
DEAD_LETTER_RETENTION_MS = 7 * DAY_MS

COMPACTED = {
    "cleanup.policy": "compact",
    # An erased contact must leave the disk within a day; Kafka's own settings keep the open segment for a week.
    "segment.ms": str(DAY_MS // 24),
    "max.compaction.lag.ms": str(DAY_MS // 2),
    "delete.retention.ms": str(DAY_MS),
    "min.cleanable.dirty.ratio": "0.1",
}


def dead_letters_of(topic: Topic) -> Topic:
    return Topic(topic.name + DEAD_LETTER_SUFFIX, retention_ms=DEAD_LETTER_RETENTION_MS)


async def ensure_topics(
    kafka: str, topics: Iterable[Topic], *, prefix: str = "", partitions: int = 8, replication: int = 1
) -> None:
    """Create the topics and their dead letters where missing. Raises KafkaError when the broker will not."""
    wanted = [topic for each in topics for topic in (each, dead_letters_of(each))]
    client = AIOKafkaAdminClient(bootstrap_servers=kafka)
    try:
        await client.start()
        existing = set(await client.list_topics())
        missing = [
            _new(topic, prefix, partitions, replication) for topic in wanted if prefix + topic.name not in existing
        ]
        if missing:
            answer = await client.create_topics(missing)
            errors: list[Any] = answer.topic_errors  # type: ignore[attr-defined]
            for name, code, message, *_ in errors:
                if code and for_code(code) is not TopicAlreadyExistsError:
                    raise for_code(code)(f"{name}: {message}")
    finally:
        await client.close()


def _new(topic: Topic, prefix: str, partitions: int, replication: int) -> NewTopic:
    policy = COMPACTED if topic.compacted else {"cleanup.policy": "delete", "retention.ms": str(topic.retention_ms)}
    return NewTopic(prefix + topic.name, partitions, replication, topic_configs=policy)
