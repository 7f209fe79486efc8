"""The outbox and its relay: nothing skipped, nothing lost, order kept per key."""

import asyncio
import random

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from shared import tracing
from shared.bus import bundles, outbox, producer, set_aside
from shared.bus.partitioner import partition_of
from shared.bus.queries import queries
from shared.bus.records import LARGEST_RECORD, Outgoing, header
from shared.bus.topics import ensure_topics
from shared.database import connection, session
from shared.events import TOPICS
from tests.integration.bus.relays import relaying
from tests.integration.bus.tally import NOW, TOPIC, event, prepared
from tests.kafka_clients import open_admin, open_consumer
from tests.waiting import eventually

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


async def read_all(kafka, topic, count):
    found = []
    async with open_consumer(kafka, group_id=None) as client:
        client.assign([TopicPartition(topic, n) for n in range(4)])

        async def enough():
            for records in (await client.getmany(timeout_ms=100)).values():
                found.extend(records)
            return len(found) >= count

        await eventually(enough, 15)
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
        with tracing.within(TRACE):
            await outbox.add(db, [event("traced", 1, 1)])
    async with relaying(pool, kafka, topics):
        await eventually(lambda: empty(pool), 20)
    records = await read_all(kafka, topics + TOPIC.name, 12_001)
    assert len(records) == 12_001
    (traced,) = [record for record in records if record.key == b"traced"]
    assert header(traced.headers, "traceparent") == TRACE
    records.remove(traced)
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
    assert not [task for task in asyncio.all_tasks() if "_sender_routine" in repr(task)], "none goes on for ever"


async def insert(pool, *events):
    """As an earlier release may have left them: a row each, and no limit was checked."""
    rows = [(e.topic, e.key, e.type, e.id, e.time, e.value) for e in events]
    await pool.copy_records_to_table("outbox", records=rows, columns=bundles.COLUMNS[:6])


async def add(pool, *events):
    """Together: those of a topic are a bundle."""
    async with pool.acquire() as db, db.transaction():
        await outbox.add(db, events)


async def aside(pool):
    return [each.event_id for each in await set_aside.listed(pool)]


async def is_aside(pool, *ids):
    return await aside(pool) == list(ids)


def large(key, number, size, topic=TOPIC.name):
    return Outgoing(topic, key, "tally.added", f"{key}/{number}", NOW, incompressible(size))


def incompressible(size):
    """Bytes that take as many in a batch that is compressed."""
    return random.Random(size).randbytes(size)


@pytest.fixture
async def limited(kafka, topics):
    """Makes a topic that takes records up to so many bytes; returns what changes that."""
    async with open_admin(kafka) as admin:

        async def make(topic, size):
            configs = {"max.message.bytes": str(size)}
            await admin.create_topics([NewTopic(topics + topic, 4, 1, topic_configs=configs)])

            async def change(size):
                configs = {"max.message.bytes": str(size)}
                await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topics + topic, configs)])

            return change

        yield make


async def test_an_event_that_no_broker_takes_is_not_committed(pool):
    async with pool.acquire() as db:
        with pytest.raises(outbox.TooLarge):
            await outbox.add(db, [event("a", 1), large("b", 1, LARGEST_RECORD)])
    assert await empty(pool)


async def test_an_event_as_large_as_allowed_is_published(pool, kafka, topics):
    fitting = large("k" * 100, 1, LARGEST_RECORD - 1_000)
    async with pool.acquire() as db, db.transaction():
        await outbox.add(db, [fitting])
    async with relaying(pool, kafka, topics) as relay:
        await eventually(lambda: empty(pool))
        assert relay.status().detail["set_aside"] == 0
    assert len(await read_all(kafka, topics + TOPIC.name, 1)) == 1


@pytest.mark.parametrize("write", [insert, add])
async def test_an_event_that_is_refused_for_good_holds_up_nothing(pool, kafka, topics, limited, service_log, write):
    await limited("small", 1_000)

    def small(key, number, size=1):
        return large(key, number, size, topic="small")

    await write(
        pool, small("a", 1), small("b", 1, 2_000), event("c", 1), small("d", 1, 3_000), small("a", 2), event("c", 2, 2)
    )
    async with relaying(pool, kafka, topics) as relay:
        await eventually(lambda: empty(pool))
        await eventually(lambda: relay.status().detail["set_aside"] == 2)
        await eventually(lambda: relay.status().ready)
        assert relay.status().detail["set_aside_reason"] == "small: MessageSizeTooLargeError"
        assert await aside(pool) == ["b/1", "d/1"]
        assert service_log.getvalue().count("an event was set aside") == 2
        await insert(pool, small("b", 2))
        relay.wake()
        await eventually(lambda: relay.status().detail["set_aside"] == 1)
    assert await aside(pool) == ["d/1"], "the newer event of b carries its whole state"
    found = [header(record.headers, "ce_id") for record in await read_all(kafka, topics + "small", 3)]
    assert set(found) == {"a/1", "a/2", "b/2"}
    assert {header(r.headers, "ce_id") for r in await read_all(kafka, topics + TOPIC.name, 2)} == {"c/0", "c/2"}


async def test_acts_do_not_replace_each_other(pool, kafka, topics, limited):
    await limited("outreach", 1_000)
    refused = Outgoing("outreach", "p", "reminder.sent", "1", NOW, incompressible(2_000))
    await insert(pool, refused, Outgoing("outreach", "p", "task.opened", "2", NOW, b"{}"))
    async with relaying(pool, kafka, topics):
        await eventually(lambda: empty(pool))
    assert await aside(pool) == ["1"]


async def test_what_is_set_aside_is_released_once_its_topic_takes_it(pool, kafka, topics, limited):
    change = await limited("small", 1_000)
    await insert(pool, large("a", 1, 5_000, "small"), large("b", 1, 5_000, "small"), large("a", 2, 1, "small"))
    async with relaying(pool, kafka, topics):
        await eventually(lambda: empty(pool))
        await eventually(lambda: is_aside(pool, "b/1"))  # the one replaced is dropped behind what replaced it
        await change(100_000)

        async def published():
            async with pool.acquire() as db:
                await set_aside.release(db)
            await eventually(lambda: empty(pool))
            return not await aside(pool)

        await eventually(published)
    found = [header(record.headers, "ce_id") for record in await read_all(kafka, topics + "small", 2)]
    assert sorted(found) == ["a/2", "b/1"]


async def test_keys_are_published_while_the_relay_of_data_is_held(pool, kafka, topics):
    """Another session has the lock of the data, as a relay that publishes a long backlog."""
    await ensure_topics(kafka, [TOPICS["access"]], prefix=topics, partitions=4)
    async with pool.acquire() as busy, relaying(pool, kafka, topics):
        assert await busy.fetchval(queries["try_lock_relay"], outbox.DATA.lock)
        await insert(pool, event("a", 1), Outgoing("access", "k", "key.revoked", "k/1", NOW, b"{}"), event("a", 2, 2))
        async with relaying(pool, kafka, topics, lane=outbox.ACCESS):
            assert len(await read_all(kafka, topics + "access", 1)) == 1
        assert await pool.fetchval("select count(*) from outbox") == 2
        await busy.reset()  # as at the end of a relay's step
        await eventually(lambda: empty(pool))


@pytest.mark.parametrize("ends_by", [ValueError, asyncio.CancelledError])
async def test_the_lock_of_a_session_ends_with_its_block(pool, ends_by):
    """A session that goes back to the pool with the relay's lock would keep every relay from publishing."""

    async def fails_with_the_lock():
        async with session(pool) as db:
            assert await db.fetchval(queries["try_lock_relay"], outbox.DATA.lock)
            raise ends_by

    with pytest.raises(ends_by):
        await fails_with_the_lock()
    async with connection(pool), session(pool) as other:
        assert await other.fetchval(queries["try_lock_relay"], outbox.DATA.lock)
