"""Twenty thousand partners at once: handled by the batch, never a statement a row."""

import time
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from aiokafka import ConsumerRecord

from services.notifications.handlers import Handlers
from services.notifications.queries import queries
from shared.bus.batch import Batch
from shared.bus.records import Outgoing, Record
from shared.database import transaction
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
    assert await world.pool.fetchval("select sum(events) from outbox") == COUNT // 2
    assert await world.work() == 0
    with capsys.disabled():
        print(f"\n20,000 listed {known:.1f} s, 10,000 enrolled {enrolled:.1f} s, 10,000 sent {sent:.1f} s")


async def statements(world: World, events: list[Outgoing]) -> int:
    """How many statements the handler of these events issues for them as one batch."""
    handlers, topic = Handlers(world.engine.scheduler, world.engine.address_keys), events[0].topic
    handle = {
        "partners": handlers.on_partners,
        "contacts": handlers.on_contacts,
        "enrollments": handlers.on_enrollments,
    }
    batch = Batch(topic, [a_record(topic, 0, number, event) for number, event in enumerate(events)])
    issued: list[str] = []
    async with transaction(world.pool) as db:
        with db.query_logger(lambda query: issued.append(query.query)):
            await handle[topic](batch, db)
    assert not batch.rejected
    ours = {queries[name] for name in queries}  # the driver has questions of its own when it first needs a type
    return sum(query in ours for query in issued)


def a_record(topic: str, partition: int, offset: int, event: Outgoing) -> Record:
    value = event.value or b""
    key = event.key.encode()
    return ConsumerRecord(topic, partition, offset, 0, 0, key, value, None, len(key), len(value), ())


async def test_a_batch_is_the_same_few_statements_whatever_its_size(world: World) -> None:
    """Of all topics: new partners, then contacts with an address, then other facts about the same partners."""
    numbers = {10: range(1, 11), 1_000: range(11, 1_011)}
    for make in (
        world.partner,
        world.contact,
        lambda number: world.enrollment(number, ("2026-11-24", None)),
        lambda number: world.partner(number, "partner.erased", status="erased", listed_on=None),
    ):
        few, many = [await statements(world, [make(number) for number in some]) for some in numbers.values()]
        assert few == many <= 12, (few, many)
