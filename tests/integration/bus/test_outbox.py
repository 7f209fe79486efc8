"""The outbox and its relay: nothing skipped, nothing lost, order kept per key."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.bus import outbox, producer
from shared.bus.producer import partition_of
from shared.bus.records import header
from tests.integration.bus.tally import TOPIC, event, prepared
from tests.waiting import eventually


@asynccontextmanager
async def relaying(pool, kafka, topics):
    relay = outbox.Relay(pool, kafka=kafka, source="payung/test", prefix=topics)
    task = asyncio.create_task(relay.run())
    yield relay
    await relay.stop()
    await asyncio.wait_for(task, 20)


async def read_all(kafka, topic, count):
    client = AIOKafkaConsumer(bootstrap_servers=kafka, auto_offset_reset="earliest", group_id=None)
    await client.start()
    client.assign([TopicPartition(topic, n) for n in range(4)])
    found = []

    async def enough():
        for records in (await client.getmany(timeout_ms=100)).values():
            found.extend(records)
        return len(found) >= count

    await eventually(enough, 15)
    await client.stop()
    return found


@pytest.fixture
async def pool(database, kafka, topics, tmp_path):
    async with prepared(database.of("registration"), kafka, topics, tmp_path) as pool:
        yield pool


async def empty(pool):
    return await pool.fetchval("select count(*) from outbox") == 0


async def test_what_is_committed_is_published_in_order_as_cloudevents(pool, kafka, topics):
    async with pool.acquire() as db, db.transaction():
        await outbox.add(db, [event(f"k{n % 7}", n, n) for n in range(12_000)])
    async with relaying(pool, kafka, topics):
        await eventually(lambda: empty(pool), 20)
    records = await read_all(kafka, topics + TOPIC.name, 12_000)
    assert len(records) == 12_000
    for key in {record.key for record in records}:
        numbers = [int(header(r.headers, "ce_id").split("/")[1]) for r in records if r.key == key]
        assert numbers == sorted(numbers)
    one = records[0]
    assert {name for name, _ in one.headers} == {
        "ce_specversion",
        "ce_id",
        "ce_type",
        "ce_source",
        "ce_time",
        "ce_subject",
        "content-type",
    }
    assert header(one.headers, "ce_time") == "2026-01-02T03:04:05Z"
    assert header(one.headers, "ce_subject") == one.key.decode()
    assert all(record.partition == partition_of(record.key, 4) for record in records)


async def test_what_is_rolled_back_is_never_published(pool, kafka, topics):
    async with pool.acquire() as db:
        transaction = db.transaction()
        await transaction.start()
        await outbox.add(db, [event("gone", 1)])
        await transaction.rollback()
        async with db.transaction():
            await outbox.add(db, [event("kept", 1)])
    async with relaying(pool, kafka, topics):
        await eventually(lambda: empty(pool))
    assert [record.key for record in await read_all(kafka, topics + TOPIC.name, 1)] == [b"kept"]


async def test_an_id_that_commits_late_is_not_skipped(pool, kafka, topics):
    async with pool.acquire() as late, pool.acquire() as early, relaying(pool, kafka, topics) as relay:
        transaction = late.transaction()
        await transaction.start()
        await outbox.add(late, [event("late", 1)])
        async with early.transaction():
            await outbox.add(early, [event("early", 1)])
        relay.wake()
        await read_all(kafka, topics + TOPIC.name, 1)
        await transaction.commit()
        relay.wake()
        keys = [record.key for record in await read_all(kafka, topics + TOPIC.name, 2)]
    assert sorted(keys) == [b"early", b"late"]


async def test_two_relays_take_turns(pool, kafka, topics):
    async with relaying(pool, kafka, topics), relaying(pool, kafka, topics):
        for n in range(20):
            async with pool.acquire() as db, db.transaction():
                await outbox.add(db, [event("a", n, n)])
        await eventually(lambda: empty(pool))
    records = await read_all(kafka, topics + TOPIC.name, 20)
    numbers = [int(header(record.headers, "ce_id").split("/")[1]) for record in records]
    assert numbers == list(range(20))


async def test_a_broker_that_is_down_delays_and_loses_nothing(database, own_kafka, topics, tmp_path, monkeypatch):
    monkeypatch.setattr(producer, "ACKNOWLEDGED_WITHIN", 2.0)
    broker = await own_kafka()
    async with prepared(database.of("registration"), broker.address, topics, tmp_path) as pool:
        async with relaying(pool, broker.address, topics) as relay:
            broker.kill()
            async with pool.acquire() as db, db.transaction():
                await outbox.add(db, [event("a", n, n) for n in range(100)])
            relay.wake()
            await eventually(lambda: not relay.status().ready, 60)
            await broker.start()
            await eventually(lambda: empty(pool), 60)
        records = await read_all(broker.address, topics + TOPIC.name, 100)
    seen = [int(header(record.headers, "ce_id").split("/")[1]) for record in records]
    assert sorted(set(seen)) == list(range(100))
