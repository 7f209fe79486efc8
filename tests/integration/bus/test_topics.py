"""Topics are created as the contracts describe them, and only once."""

import asyncio

from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from shared.bus.topics import ensure_topics
from shared.events import TOPICS
from tests.kafka_clients import open_admin


async def settings(kafka, topic):
    async with open_admin(kafka) as client:
        (answer,) = await client.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
        described = await client.describe_topics([topic])
    return {entry[0]: entry[1] for entry in answer.resources[0][4]}, len(described[0]["partitions"])


async def test_facts_are_kept_for_ever_and_personal_data_is_not(kafka, topics):
    await asyncio.gather(*(ensure_topics(kafka, TOPICS.values(), prefix=topics) for _ in range(3)))
    facts, partitions = await settings(kafka, topics + "enrollments")
    assert (facts["cleanup.policy"], facts["retention.ms"], facts["retention.bytes"]) == ("delete", "-1", "-1")
    assert partitions == 8
    contacts, _ = await settings(kafka, topics + "contacts")
    assert contacts["cleanup.policy"] == "compact"
    day = 24 * 3600 * 1000
    assert int(contacts["max.compaction.lag.ms"]) + int(contacts["segment.ms"]) <= day
    assert int(contacts["delete.retention.ms"]) > 7 * day, "a dead letter must not outlive the tombstone"
    for name, days in (("intake", 1), ("contacts.dlq", 7), ("enrollments.dlq", 7)):
        kept, _ = await settings(kafka, topics + name)
        assert (kept["cleanup.policy"], int(kept["retention.ms"])) == ("delete", days * day)
        assert int(kept["segment.ms"]) <= day, "whole segments are deleted"
