"""Twenty thousand partners at once: handled by the batch, never a statement a row."""

import time
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from tests.integration.notifications_world import DAY, KNOWN, World, a_world
from tests.stack import Database

COUNT = 20_000


@pytest.fixture
async def world(database: Database, kafka: str, topics: str) -> AsyncIterator[World]:
    async with a_world(database, kafka, topics) as made:
        yield made


async def test_twenty_thousand_partners(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    begun = time.perf_counter()
    await world.publish(*(world.partner(n) for n in range(1, COUNT + 1)), within=60)
    known = time.perf_counter() - begun
    assert await world.pool.fetchval("select count(*) from schedule where state = 'scheduled'") == COUNT

    begun = time.perf_counter()
    await world.publish(*(world.enrollment(n, ("2026-11-24", None)) for n in range(1, COUNT // 2 + 1)), within=60)
    enrolled = time.perf_counter() - begun
    assert await world.pool.fetchval("select count(*) from schedule where state = 'stopped'") == COUNT // 2

    world.now = KNOWN + DAY + timedelta(hours=9, minutes=30)
    begun = time.perf_counter()
    assert await world.work() == COUNT // 2
    sent = time.perf_counter() - begun
    assert await world.pool.fetchval("select count(*) from history where outcome = 'sent'") == COUNT // 2
    assert await world.pool.fetchval("select count(*) from outbox") == COUNT // 2
    assert await world.work() == 0
    with capsys.disabled():
        print(f"\n20,000 listed {known:.1f} s, 10,000 enrolled {enrolled:.1f} s, 10,000 sent {sent:.1f} s")
