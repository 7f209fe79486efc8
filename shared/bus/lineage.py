"""Compares what a consumer knows of its log with the log that is there: topics' identities, where they end and begin.

The last applied record is compared as it is read again (`Positions.verify`).
"""

import asyncio
from collections.abc import Collection, Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.bus.another_log import AnotherLog
from shared.bus.positions import Positions
from shared.bus.topic_ids import topic_ids
from shared.events import TOPICS
from shared.events.model import Topic

ANSWERED_WITHIN = 4.0
"""Seconds that the broker may take for all questions together."""

_TRIES, _PAUSE = 3, 1.0
"""After a change of leaders a partition's end is known a moment late: what lies beyond it is looked for again."""

MADE_ANEW = "the topic was deleted and made anew"

Beginnings = dict[TopicPartition, int]


async def examine(
    client: AIOKafkaConsumer, name: str, partitions: Collection[TopicPartition], positions: Positions
) -> tuple[str, Beginnings]:
    """The id of the topic of these partitions, and where each begins; `name` is the topic's in the contracts.

    Raises AnotherLog where the positions do not fit, and KafkaError or TimeoutError when the broker does not answer.
    """
    (topic,) = {tp.topic for tp in partitions}
    async with asyncio.timeout(ANSWERED_WITHIN + _TRIES * _PAUSE):
        identity = (await topic_ids(client, [topic])).get(topic)
        for tp in partitions:  # before the offsets: of a topic that was just made anew they may not be known for long
            if (position := positions.get(tp)) and position.topic_id not in (None, identity):
                raise AnotherLog(tp, position.next_offset, MADE_ANEW)
        beginnings = dict(await client.beginning_offsets(list(partitions)))
        for attempt in range(_TRIES):
            ends = dict(await client.end_offsets(list(partitions)))
            if beyond_end(positions, ends) is None or attempt == _TRIES - 1:
                break
            await asyncio.sleep(_PAUSE)
    for tp in partitions:
        position = positions.get(tp)
        if position is None:
            continue
        if beginnings[tp] > position.next_offset and _keeps_everything(name):
            raise AnotherLog(tp, position.next_offset, f"the log begins at {beginnings[tp]}: what was before is gone")
    if (problem := beyond_end(positions, ends)) is not None:
        raise problem
    return identity or "", beginnings


def beyond_end(positions: Positions, ends: dict[TopicPartition, int]) -> AnotherLog | None:
    """The first partition whose position the log does not reach."""
    for tp, end in sorted(ends.items()):
        if tp in positions and positions[tp].next_offset > end:
            found = f"the log ends at {end}, but more was applied: it is older than the database, or was cut"
            return AnotherLog(tp, positions[tp].next_offset, found)
    return None


def made_anew(known: Mapping[str, str], identities: Mapping[str, str]) -> AnotherLog | None:
    """The first topic that has another identity than it had."""
    for topic, identity in sorted(known.items()):
        if identities.get(topic, identity) != identity:
            return AnotherLog(TopicPartition(topic, 0), 0, MADE_ANEW)
    return None


def _keeps_everything(name: str) -> bool:
    topic = TOPICS.get(name, Topic(name, retention_ms=0))
    return topic.retention_ms < 0 and not topic.compacted
