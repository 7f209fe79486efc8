"""A log that is not the one whose records were applied stops its consumer, which says what it found and what mends."""

import pytest

from shared.bus import consumer as consumer_module
from shared.bus import halts, log_watch, outbox, published
from shared.bus.topics import ensure_topics
from shared.database import connection
from tests.integration.bus.relays import relaying
from tests.integration.bus.tally import TOPIC, consuming, event, prepared, publish, totals
from tests.kafka_clients import open_admin
from tests.waiting import eventually


@pytest.fixture
async def pool(database, kafka, topics, tmp_path, monkeypatch):
    monkeypatch.setattr(consumer_module, "WATCH_SECONDS", 0.1)
    monkeypatch.setattr(log_watch, "IDENTITY_SECONDS", 0.1)
    async with prepared(database.of("coverage"), kafka, topics, tmp_path) as pool:
        yield pool


async def applied(pool, kafka, topics, count=100):
    await publish(kafka, topics, [event(f"k{n}", 1) for n in range(count)])
    async with consuming(pool, kafka, topics) as consumer:
        await eventually(lambda: has_total(pool, count))
        await eventually(lambda: consumer.status().ready)


async def add(pool, *events):
    async with connection(pool) as db:
        await outbox.add(db, events)


async def has_total(pool, total):
    return sum((await totals(pool)).values()) == total


async def make_anew(kafka, topics):
    name = topics + TOPIC.name
    async with open_admin(kafka) as admin:
        await admin.delete_topics([name])

        async def is_gone():
            return name not in await admin.list_topics()

        await eventually(is_gone, 30)
    await ensure_topics(kafka, [TOPIC], prefix=topics, partitions=4)


async def halted(consumer, reason="mend it by"):
    await eventually(lambda: reason in consumer.status().detail["halted"].get(TOPIC.name, ""), 80)
    status = consumer.status()
    assert status.live
    assert not status.ready
    assert "mend it by ./payung recover log" in status.detail["halted"][TOPIC.name]


@pytest.mark.parametrize(
    ("tampering", "reason"),
    [
        ("update consumer_offsets set next_offset = next_offset + 1, last_offset = last_offset + 1", "the log ends at"),
        ("update consumer_offsets set fingerprint = fingerprint + 1", "another record stands"),
        ("update consumer_offsets set topic_id = 'another'", "deleted and made anew"),
    ],
    ids=["cut", "other records", "other topic"],
)
async def test_another_log_than_the_database_knows_stops_the_consumer_over_restarts(
    pool, kafka, topics, tampering, reason
):
    """The database is changed here instead of the log, which comes to the same."""
    await applied(pool, kafka, topics)
    await pool.execute(tampering)
    for _ in range(2):
        async with consuming(pool, kafka, topics) as consumer:
            await halted(consumer, reason)
    assert await has_total(pool, 100)
    assert {halt.cause for halt in (await halts.load(pool)).values()} == {"log"}


async def test_a_topic_made_anew_under_a_running_consumer_stops_it_and_is_read_once_that_was_decided(
    pool, kafka, topics
):
    await publish(kafka, topics, [event("before", 1)])
    async with consuming(pool, kafka, topics) as consumer:
        await eventually(lambda: has_total(pool, 1))
        await make_anew(kafka, topics)
        await publish(kafka, topics, [event("after", 10, n) for n in range(5)])
        await eventually(lambda: consumer.status().detail["halted"], 60)
        total = sum((await totals(pool)).values())  # what it read of the new one before it knew
        async with connection(pool) as db:
            await halts.begin_again(db, [TOPIC.name])
        await eventually(lambda: has_total(pool, total + 50), 30)
        await eventually(lambda: consumer.status().ready)


async def test_a_topic_made_anew_before_the_first_look_stops_it_too(pool, kafka, topics, monkeypatch):
    """Nothing of it is assigned any more when the log is looked at."""
    monkeypatch.setattr(consumer_module, "WATCH_SECONDS", 8)
    await publish(kafka, topics, [event("before", 1)])
    async with consuming(pool, kafka, topics) as consumer:
        await eventually(lambda: has_total(pool, 1))
        await make_anew(kafka, topics)
        monkeypatch.setattr(consumer_module, "WATCH_SECONDS", 0.1)
        await halted(consumer)


async def test_positions_that_are_set_back_are_read_from_there_while_the_consumer_runs(pool, kafka, topics):
    """`./payung recover service` on a service that stands nowhere still: no further record has to come."""
    await publish(kafka, topics, [event("a", 1, n) for n in range(10)])
    async with consuming(pool, kafka, topics):
        await eventually(lambda: has_total(pool, 10))
        async with pool.acquire() as db:
            await halts.begin_again(db, [TOPIC.name])
        await eventually(lambda: has_total(pool, 20), 60)


async def test_a_topic_that_is_gone_stops_a_consumer_that_has_nothing_to_read(pool, kafka, topics):
    await applied(pool, kafka, topics)
    async with consuming(pool, kafka, topics) as consumer, open_admin(kafka) as admin:
        await eventually(lambda: consumer.status().ready)
        await admin.delete_topics([topics + TOPIC.name])
        await halted(consumer)


async def test_a_relay_does_not_write_again_what_an_earlier_life_of_it_had_published(pool, kafka, topics):
    """A topic made anew under it; until somebody took the log as it is."""
    async with relaying(pool, kafka, topics, [TOPIC.name]) as relay:
        await add(pool, event("k", 1))
        await eventually(lambda: relay.published == 1)
    async with relaying(pool, kafka, topics, [TOPIC.name]) as relay:
        await eventually(lambda: relay.status().ready)
        await make_anew(kafka, topics)
        await add(pool, event("k", 2))
        await eventually(lambda: "was written again" in str(relay.detail().get("halted")), 30)
        async with connection(pool) as db:
            await published.accept(db, kafka, [TOPIC.name], topics)
            await halts.end_for_log(db)
        await eventually(lambda: relay.published == 1, 30)


async def test_a_relay_goes_on_with_a_log_that_was_accepted_before_it_met_it(pool, kafka, topics):
    async with relaying(pool, kafka, topics, [TOPIC.name]) as relay:
        await add(pool, event("k", 1))
        await eventually(lambda: relay.published == 1)
        await make_anew(kafka, topics)
        async with connection(pool) as db:
            await published.accept(db, kafka, [TOPIC.name], topics)
        await add(pool, event("k", 2))
        await eventually(lambda: relay.published == 2, 30)
        assert relay.status().ready
