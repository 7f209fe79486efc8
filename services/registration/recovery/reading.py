"""Reads whole topics, without a consumer group, for a recovery."""

import asyncio
from collections.abc import Callable, Collection, Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import CorruptRecordException

from shared.bus.dead_letter_reader import reader
from shared.bus.records import Record, event_id
from shared.bus.unreadable_batches import Damage, damaged, read_records

NO_PROGRESS_WITHIN = 60.0
"""Seconds without a record after which the log counts as unreadable."""

_POLL_MS, _MOST = 1_000, 20_000

See = Callable[[str, Record], None]
"""Is called with each record and its topic without prefix, those of a partition in their order."""


class Unreadable(Exception):
    """The log did not go on; the text says where."""


async def read(
    kafka: str, topics: Collection[str], see: See, *, prefix: str = "", passes_damaged: bool = False
) -> list[str]:
    """Show all records that the topics hold now. A damaged batch is passed if that is allowed: where, in words.

    Raises Unreadable, KafkaError.
    """
    passed: list[str] = []
    async with reader(kafka) as client:
        partitions = []
        for topic in topics:
            await client._client._wait_on_metadata(prefix + topic)
            partitions += [TopicPartition(prefix + topic, n) for n in client.partitions_for_topic(prefix + topic) or ()]
        ends = await client.end_offsets(partitions)
        behind = {tp for tp, start in (await client.beginning_offsets(partitions)).items() if start < ends[tp]}
        client.assign(list(behind))
        if behind:
            await client.seek_to_beginning(*behind)
        for tp in behind:
            damaged.pop(tp, None)
        while behind:
            try:
                async with asyncio.timeout(NO_PROGRESS_WITHIN):
                    polled = await _some(client, behind, ends)
            except TimeoutError:
                place = min(behind)
                raise _unreadable(place, await client.position(place)) from None
            for tp, found in polled.items():
                for record in found:
                    see(tp.topic.removeprefix(prefix), record)
            for tp in behind & damaged.keys():
                passed.append(_pass(client, tp, damaged.pop(tp), is_allowed=passes_damaged))
            behind = {tp for tp in behind if await client.position(tp) < ends[tp]}
    return passed


async def _some(
    client: AIOKafkaConsumer, behind: Collection[TopicPartition], ends: Mapping[TopicPartition, int]
) -> Mapping[TopicPartition, list[Record]]:
    """The next records, none once all ends are reached or a batch is damaged."""
    while True:
        polled: Mapping[TopicPartition, list[Record]] = {}
        before = {tp: await client.position(tp) for tp in behind}
        try:
            polled = await read_records(client, *behind, timeout_ms=_POLL_MS, max_records=_MOST)
        except CorruptRecordException:  # what was read of other partitions before it is lost with it: it is read again
            for tp, position in before.items():
                client.seek(tp, position)
        is_done = not damaged.keys().isdisjoint(behind) or all([await client.position(tp) >= ends[tp] for tp in behind])
        if polled or is_done:
            return polled


def _pass(client: AIOKafkaConsumer, place: TopicPartition, damage: Damage, *, is_allowed: bool) -> str:
    if not is_allowed:
        raise _unreadable(place, damage.offset)
    client.seek(place, damage.behind)
    return f"{place.topic}, partition {place.partition}: what stood from {damage.offset} up to {damage.behind}"


def _unreadable(place: TopicPartition, offset: int) -> Unreadable:
    return Unreadable(f"{place.topic}, partition {place.partition} cannot be read at offset {offset}")


def version_of(record: Record) -> int:
    """The version that ends a fact's id; 0 for one that has none."""
    tail = event_id(record).rpartition("/")[2]
    return int(tail) if tail.isdigit() else 0
