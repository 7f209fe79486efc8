"""Puts dead letters back to the topic they came from, and erases them.

A dead-letter topic can only be cut at its beginning. So what is to stay is published once more behind the old end,
with its old timestamp, and then everything before that end is deleted.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.bus.dead_letter_reader import (
    Offsets,
    dead_letter_ends,
    read_range,
    read_until,
    reader,
)
from shared.bus.dead_letters import DeadLetter, Matches, to_original
from shared.bus.producer import Message, Producer
from shared.bus.record_deletion import delete_before
from shared.bus.records import Record
from shared.bus.topics import DEAD_LETTER_SUFFIX
from shared.events import TOPICS
from shared.events.model import Topic


@dataclass(frozen=True)
class Redriven:
    """How many records were put back; how many were dropped because their topic has a newer record of their key; how
    many stay because they were too long to be kept whole."""

    put_back: int = 0
    superseded: int = 0
    cut: int = 0


async def redrive(kafka: str, topic: str, matches: Matches, *, prefix: str = "") -> Redriven:
    """Put the matching dead letters of `topic` back, with their original bytes and headers; the others stay.

    A record that several consumers rejected goes back once, since all of them will read it again. On a compacted topic
    the last record of a key holds for ever, so a dead letter that was followed by another record of its key (a
    tombstone, for example) is dropped instead.

    A crash half-way may put some back twice: facts carry versions and intake events ids, so that changes nothing.
    """
    async with reader(kafka) as client:
        ends = await dead_letter_ends(client, prefix, topic)
        found = await read_until(client, ends, prefix)
        wanted = {letter.origin: letter for letter in found if matches(letter)}
        selected = {origin: letter for origin, letter in wanted.items() if not letter.is_cut}
        cut = len(wanted) - len(selected)
        if not selected:
            return Redriven(cut=cut)
        superseded = await _superseding(client, selected.values(), prefix) if _is_compacted(topic) else {}
        back = [letter for letter in selected.values() if letter.origin not in superseded]
        stay = [letter for letter in found if letter.origin not in selected]
        await _rewrite(kafka, prefix, [to_original(letter) for letter in back], stay)
        if _is_compacted(topic):
            # A record that was written meanwhile must be the last of its key: publish it once more behind ours.
            meanwhile = await _superseding(client, back, prefix)
            await _rewrite(kafka, prefix, [_copy(record, topic) for record in meanwhile.values()], [])
        await delete_before(kafka, ends)
    return Redriven(len(back), len(superseded), cut)


async def erase(kafka: str, topic: str, matches: Matches, *, prefix: str = "") -> int:
    """Delete the matching dead letters of `topic` (`intake*`: of all that begin so); returns how many. The others keep
    their age and so their end."""
    async with reader(kafka) as client:
        ends = await dead_letter_ends(client, prefix, topic)
        found = await read_until(client, ends, prefix)
    stay = [letter for letter in found if not matches(letter)]
    if len(stay) < len(found):
        await _rewrite(kafka, prefix, [], stay)
        await delete_before(kafka, ends)
    return len(found) - len(stay)


async def _superseding(client: AIOKafkaConsumer, letters: Collection[DeadLetter], prefix: str) -> dict[str, Record]:
    """Origin of a dead letter → the last other record of its key that follows it; only where there is one."""
    ends = await _origin_ends(client, letters, prefix)
    starts = dict(ends)
    for letter in letters:
        partition = _origin_partition(letter, prefix)
        starts[partition] = min(starts[partition], letter.origin_offset + 1)
    by_key = defaultdict(list)
    for record in await read_range(client, starts, ends, {letter.record.key for letter in letters}):
        by_key[record.key].append(record)
    superseding = {}
    for letter in letters:
        behind = [record for record in by_key[letter.record.key] if record.offset > letter.origin_offset]
        others = [record for record in behind if record.value != letter.record.value]
        if others:
            superseding[letter.origin] = others[-1]
    return superseding


async def _origin_ends(client: AIOKafkaConsumer, letters: Collection[DeadLetter], prefix: str) -> Offsets:
    partitions = list({_origin_partition(letter, prefix) for letter in letters})
    return dict(await client.end_offsets(partitions)) if partitions else {}


def _origin_partition(letter: DeadLetter, prefix: str) -> TopicPartition:
    topic, partition, _ = letter.origin.rsplit("/", 2)
    return TopicPartition(prefix + topic, int(partition))


async def _rewrite(kafka: str, prefix: str, back: list[Message], stay: list[DeadLetter]) -> None:
    """Publish the messages, and then once more the dead letters that stay, with their old timestamps."""
    producer = Producer(kafka, "redrive", prefix=prefix)
    try:
        await producer.send(back)
        await producer.send(
            [_copy(each.record, each.topic + DEAD_LETTER_SUFFIX, each.record.timestamp) for each in stay]
        )
    finally:
        await producer.stop()


def _is_compacted(topic: str) -> bool:
    return TOPICS.get(topic, Topic(topic)).compacted


def _copy(record: Record, topic: str, timestamp: int | None = None) -> Message:
    return Message(topic, record.key, record.value, record.headers, timestamp)
