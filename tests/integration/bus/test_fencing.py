"""Positions in a real database: of two that hold a partition only the newer may move it, and from where it is alone."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest
from aiokafka import ConsumerRecord, TopicPartition

from shared.bus.positions import Fenced, Positions
from shared.database import connect, migrate
from tests.stack import Database

TOPIC = "partners"
BOTH = [TopicPartition(TOPIC, 0), TopicPartition(TOPIC, 1)]


@pytest.fixture
async def pool(database: Database, tmp_path: Path) -> AsyncIterator[asyncpg.Pool]:
    pool = await connect(database.of("coverage"))
    await migrate(pool, tmp_path)
    yield pool
    await pool.close()


def record(partition: int, offset: int) -> ConsumerRecord:
    return ConsumerRecord(TOPIC, partition, offset, 0, 0, b"k", b"{}", None, 1, 2, ())


async def owner(pool: asyncpg.Pool) -> Positions:
    positions = Positions()
    await positions.assign(pool, TOPIC, BOTH)
    return positions


async def stored(pool: asyncpg.Pool) -> list[int]:
    return [r[0] for r in await pool.fetch("select next_offset from consumer_offsets order by partition")]


async def test_only_the_newest_owner_moves_a_position(pool: asyncpg.Pool) -> None:
    former, newer = await owner(pool), await owner(pool)
    with pytest.raises(Fenced):
        await former.advance(pool, TOPIC, former.step([record(0, 0)]))
    assert await stored(pool) == [0, 0]
    await newer.advance(pool, TOPIC, newer.step([record(0, 0)]))
    assert await stored(pool) == [1, 0]


async def test_a_position_moves_from_where_it_is_alone(pool: asyncpg.Pool) -> None:
    """Also for its owner, as when the answer to a COMMIT was lost."""
    positions = await owner(pool)
    step = positions.step([record(0, 0), record(0, 1)])
    await positions.advance(pool, TOPIC, step)
    with pytest.raises(Fenced):
        await positions.advance(pool, TOPIC, step)
    with pytest.raises(Fenced):
        await positions.advance(pool, TOPIC, replace(step, before=(5,), after=(6,)))
    assert await stored(pool) == [2, 0]


async def test_of_several_partitions_all_move_or_none(pool: asyncpg.Pool) -> None:
    positions = await owner(pool)
    await positions.advance(pool, TOPIC, positions.step([record(1, 0)]))
    async with pool.acquire() as db:
        with pytest.raises(Fenced):
            async with db.transaction():
                await positions.advance(db, TOPIC, positions.step([record(0, 0), record(1, 0)]))
    assert await stored(pool) == [0, 1]
