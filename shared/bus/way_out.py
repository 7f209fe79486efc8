"""Ways out of a halt: where a service stands, what lies before it, and going on by an operator's decision."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from shared.bus import halts
from shared.bus.dead_letter_reader import reader
from shared.bus.queries import queries
from shared.bus.records import Record, event_type
from shared.bus.unreadable_batches import read_records
from shared.database import columns

SHOWN = 5
READ_WITHIN = 5.0
"""Seconds for the records that a preview shows; one that is damaged is never read."""


class Impossible(Exception):
    """The decision does not fit where the service stands; the text says why."""


@dataclass(frozen=True)
class Position:
    """How far one partition is applied, and where it ends."""

    partition: int
    next_offset: int
    end: int


@dataclass(frozen=True)
class Passed:
    """What going on means: the topic's positions, the partition that is skipped in (None: none) up to `skip_to`, how
    many offsets that passes, and the next records in words without personal data."""

    positions: tuple[Position, ...]
    partition: int | None
    skip_to: int | None
    count: int
    examples: tuple[str, ...]


async def listed(db: asyncpg.Connection, kafka: str) -> list[dict[str, Any]]:
    """Each topic of the service whose schema `db` is in: topic, lag, halted (the reason), cause, since."""
    halted = await halts.load(db)
    rows = await db.fetch(queries["all_positions"])
    topics = sorted({row["topic"] for row in rows} | set(halted))
    async with reader(kafka) as client:
        ends = await _ends(client, [(row["topic"], row["partition"]) for row in rows])
    behind = dict.fromkeys(topics, 0)
    for row in rows:
        behind[row["topic"]] += max(0, ends.get((row["topic"], row["partition"]), 0) - row["next_offset"])
    return [
        {
            "topic": topic,
            "lag": behind[topic],
            "halted": halt.reason if (halt := halted.get(topic)) else None,
            "cause": halt.cause if halt else None,
            "since": halt.since if halt else None,
        }
        for topic in topics
    ]


async def preview(db: asyncpg.Connection, kafka: str, topic: str, partition: int | None, skip_to: int | None) -> Passed:
    """Raises Impossible for an offset that is no way forward, KafkaError when the broker does not answer."""
    stored = {row["partition"]: row["next_offset"] for row in await db.fetch(queries["positions_of"], topic)}
    async with reader(kafka) as client:
        ends = await _ends(client, [(topic, number) for number in stored])
        positions = tuple(Position(number, at, ends.get((topic, number), 0)) for number, at in sorted(stored.items()))
        count = 0 if skip_to is None else _count(positions, partition, skip_to)
        asked = [each for each in positions if partition in (None, each.partition) and each.next_offset < each.end]
        examples = await _examples(client, topic, asked)
    return Passed(positions, partition if skip_to is not None else None, skip_to, count, examples)


async def go_on(db: asyncpg.Connection, topic: str, passed: Passed, *, dead_letter_all: bool) -> None:
    """End the halt, after the decision was written down; every instance follows within seconds."""
    async with db.transaction():
        if passed.skip_to is not None:
            await db.execute(queries["skip_to"], topic, passed.partition, passed.skip_to)
        if dead_letter_all:
            await db.execute(queries["forgive"], topic, *columns([(p.partition, p.end) for p in passed.positions], 2))
        await halts.end(db, [topic])


def _count(positions: Sequence[Position], partition: int | None, skip_to: int) -> int:
    found = next((each for each in positions if each.partition == partition), None)
    if found is None:
        raise Impossible("say with --partition in which partition to skip")
    if not found.next_offset < skip_to <= found.end:
        raise Impossible(
            f"partition {partition} stands at {found.next_offset} of {found.end}: --skip-to lies behind the one and "
            "not beyond the other"
        )
    return skip_to - found.next_offset


async def _ends(client: AIOKafkaConsumer, places: Sequence[tuple[str, int]]) -> dict[tuple[str, int], int]:
    """The ends of those that are there."""
    known = await client.topics()
    partitions = [TopicPartition(*place) for place in places if place[0] in known]
    found = await client.end_offsets(partitions) if partitions else {}
    return {(tp.topic, tp.partition): end for tp, end in found.items()}


async def _examples(client: AIOKafkaConsumer, topic: str, asked: Sequence[Position]) -> tuple[str, ...]:
    partitions = [TopicPartition(topic, each.partition) for each in asked]
    if not partitions:
        return ()
    client.assign(partitions)
    for tp, each in zip(partitions, asked, strict=True):
        client.seek(tp, each.next_offset)
    try:
        async with asyncio.timeout(READ_WITHIN):
            polled = await read_records(client, timeout_ms=int(READ_WITHIN * 1000), max_records=SHOWN)
    except (KafkaError, TimeoutError) as problem:
        return (f"they cannot be read: {type(problem).__name__}",)
    return tuple(_described(record) for found in polled.values() for record in found[:SHOWN])


def _described(record: Record) -> str:
    at = datetime.fromtimestamp(record.timestamp / 1000, UTC)
    kind, size = event_type(record) or "no type", len(record.value or b"")
    return f"partition {record.partition}, offset {record.offset}: {kind}, {size:,} bytes, {at:%Y-%m-%d %H:%M} UTC"
