"""The exactly-once consumer against a real broker and a real database."""

import asyncio
from collections import Counter

import asyncpg
import msgspec
import pytest
from aiokafka import ConsumerRebalanceListener

from shared.bus import consumer as consumer_module
from shared.bus import halts, lag, transport
from shared.bus.records import header
from shared.bus.topics import ensure_topics
from tests import stack
from tests.integration.bus.tally import TOPIC, add_up, consuming, event, prepared, publish, totals
from tests.kafka_clients import open_admin, open_consumer, open_producer
from tests.waiting import eventually


@pytest.fixture
async def pool(database, kafka, topics, tmp_path):
    async with prepared(database.of("coverage"), kafka, topics, tmp_path) as pool:
        yield pool


async def numbers(kafka, topics, count, keys=20):
    events = [event(f"k{n % keys}", n, n) for n in range(count)]
    await publish(kafka, topics, events)
    expected = Counter()
    for n in range(count):
        expected[f"k{n % keys}"] += n
    return dict(expected)


async def dead_letters(kafka, topics, count):
    found = []
    async with open_consumer(kafka, topics + TOPIC.name + ".dlq", group_id=None) as client:

        async def enough():
            for records in (await client.getmany(timeout_ms=100)).values():
                found.extend(records)
            return len(found) >= count

        await eventually(enough, 10)
    return found


async def test_every_record_is_applied_once_also_after_a_restart(pool, kafka, topics):
    expected = await numbers(kafka, topics, 2_000)
    async with consuming(pool, kafka, topics):
        await eventually(lambda: matches(pool, expected))
    more = await numbers(kafka, topics, 500)
    expected = {key: expected[key] + more.get(key, 0) for key in expected}
    async with consuming(pool, kafka, topics) as again:
        await eventually(lambda: matches(pool, expected))
        await eventually(lambda: again.status().ready)


async def matches(pool, expected):
    return await totals(pool) == expected


async def test_the_database_is_the_truth_about_offsets_not_the_group(pool, kafka, topics):
    """Kafka's committed offset may be ahead or behind; the first batch starts where the database says."""
    expected = await numbers(kafka, topics, 400)
    group = {"group_id": topics + "tally", "enable_auto_commit": False}
    async with open_consumer(kafka, topics + TOPIC.name, **group) as client:
        await eventually(client.assignment)
        await client.seek_to_end()
        await client.commit({tp: await client.position(tp) for tp in client.assignment()})
    async with consuming(pool, kafka, topics):
        await eventually(lambda: matches(pool, expected))


async def test_a_malformed_record_becomes_a_dead_letter_with_its_reason_and_the_rest_is_applied(pool, kafka, topics):
    expected = await numbers(kafka, topics, 50)
    async with open_producer(kafka) as raw:
        await raw.send_and_wait(topics + TOPIC.name, b"\xff\x00{", key=b"k1", headers=[("ce_type", b"\xfe")])
        await raw.send_and_wait(topics + TOPIC.name, b'{"amount": "3571010101010001"}', key=b"k2")
    more = await numbers(kafka, topics, 50)
    expected = {key: expected[key] + more[key] for key in expected}
    async with consuming(pool, kafka, topics):
        await eventually(lambda: matches(pool, expected))
        letters = await dead_letters(kafka, topics, 2)
    assert {letter.value for letter in letters} == {b"\xff\x00{", b'{"amount": "3571010101010001"}'}
    reasons = sorted(header(letter.headers, "payung_reason") for letter in letters)
    assert reasons == ["malformed: `$.amount`", "malformed: not JSON"]
    assert {header(letter.headers, "payung_topic") for letter in letters} == {"tally"}
    assert all(header(letter.headers, "payung_offset").isdigit() for letter in letters)


async def test_a_record_that_breaks_the_handler_is_isolated(pool, kafka, topics):
    async def fails_on_13(batch, db):
        if any(b"13" in record.value for record in batch.records):
            raise ZeroDivisionError
        await add_up(batch, db)

    await publish(kafka, topics, [event("a", n) for n in range(10, 17)])
    async with consuming(pool, kafka, topics, fails_on_13):
        await eventually(lambda: matches(pool, {"a": sum(range(10, 17)) - 13}))
        (letter,) = await dead_letters(kafka, topics, 1)
    assert header(letter.headers, "payung_reason") == "handler: ZeroDivisionError"


async def test_a_value_that_the_database_refuses_becomes_a_dead_letter_and_the_rest_is_applied(pool, kafka, topics):
    """Refused by the driver (no bigint) and by the server (no text): the record's fault, so waiting is no answer."""
    too_large, not_text = event("large", 2**63), event("nul\x00", 1)
    good = [event(f"k{n}", n) for n in range(1, 31)]
    await publish(kafka, topics, [*good[:10], too_large, *good[10:20], not_text, *good[20:]])
    async with consuming(pool, kafka, topics) as consumer:
        await eventually(lambda: matches(pool, {f"k{n}": n for n in range(1, 31)}))
        letters = await dead_letters(kafka, topics, 2)
        await eventually(lambda: consumer.status().ready)
    reasons = {letter.key: header(letter.headers, "payung_reason") for letter in letters}
    assert reasons == {b"large": "handler: DataError", b"nul\x00": "handler: CharacterNotInRepertoireError"}


async def test_a_connection_whose_server_dies_makes_no_dead_letter(pool, kafka, topics):
    """The driver may raise InternalClientError for the next statement, before it notices the lost connection."""
    errors = [asyncpg.InternalClientError("protocol is in the failed state")]

    async def fails_once(batch, db):
        if errors:
            raise errors.pop()
        await add_up(batch, db)

    await publish(kafka, topics, [event("a", 1)])
    async with consuming(pool, kafka, topics, fails_once) as consumer:
        await eventually(lambda: matches(pool, {"a": 1}))
        assert consumer.status().detail["dead_letters"] == 0


async def test_too_much_poison_halts_the_topic_instead_of_filling_the_dead_letters(pool, kafka, topics):
    async def refuse(batch, db):
        for record in batch.records:
            batch.reject(record, "never_good")

    await publish(kafka, topics, [event("a", n) for n in range(1_000)])
    async with consuming(pool, kafka, topics, refuse) as consumer:
        await eventually(lambda: consumer.status().detail["halted"])
        status = consumer.status()
        assert status.live
        assert not status.ready
        assert "never_good" in status.detail["halted"]["tally"]
    assert await pool.fetchval("select coalesce(max(next_offset), 0) from consumer_offsets") == 0
    async with consuming(pool, kafka, topics) as consumer:
        await eventually(lambda: consumer.status().detail["halted"])  # over a restart, until somebody decides
        assert await totals(pool) == {}
        assert await pool.fetchval("select since is not null from halts where cause = 'poison'")
        await halts.end(pool, [TOPIC.name])
        await eventually(lambda: matches(pool, {"a": sum(range(1_000))}), 60)
        await eventually(lambda: matches(pool, {"a": sum(range(1_000))}))


async def test_a_batch_waits_for_a_database_that_is_down_and_nothing_is_lost(own_postgres, kafka, topics, tmp_path):
    server = await own_postgres()
    dsn = server.admin.rpartition("/")[0] + f"/{stack.EMPTY}"
    async with prepared(dsn, kafka, topics, tmp_path) as pool:
        expected = await numbers(kafka, topics, 100)
        async with consuming(pool, kafka, topics) as consumer:
            await eventually(lambda: matches(pool, expected))
            server.kill()
            more = await numbers(kafka, topics, 100)
            await eventually(lambda: not consumer.status().ready)
            assert consumer.status().live
            await server.start()
            expected = {key: expected[key] + more[key] for key in expected}
            await eventually(lambda: matches(pool, expected), 30)
            await eventually(lambda: consumer.status().ready)


async def test_a_backlog_comes_in_batches_larger_than_a_fetch(pool, kafka, topics, monkeypatch):
    """A poll returns a megabyte a partition at most; a batch is as large as the backlog allows.

    Nothing here depends on the machine's speed: already one partition's fetch is more than BACKLOG_RECORDS, a fetch may
    take its time, and `max_records` leaves room for records that the client read a first time before it was seeked.
    """
    monkeypatch.setattr(transport, "BACKLOG_WAIT_MS", 30_000)
    sizes = []

    async def noting(batch, db):
        sizes.append(len(batch.records))
        await add_up(batch, db)

    padding = b" " * 400
    of_one_poll = 4 * transport.FETCH_BYTES // len(padding)
    assert of_one_poll < 11_000
    events = [event(f"k{n % 20}", 1, n) for n in range(16_000)]
    await publish(kafka, topics, [msgspec.structs.replace(each, value=each.value + padding) for each in events])
    async with consuming(pool, kafka, topics, noting, max_records=40_000):
        await eventually(lambda: matches(pool, {f"k{n}": 800 for n in range(20)}), 60)
    assert max(sizes) > of_one_poll


async def test_two_instances_share_the_partitions_and_count_once(pool, kafka, topics):
    async with consuming(pool, kafka, topics, max_records=50):
        first = await numbers(kafka, topics, 1_000)
        async with consuming(pool, kafka, topics, max_records=50):
            second = await numbers(kafka, topics, 1_000)
            await eventually(lambda: matches(pool, {k: first[k] + second[k] for k in first}), 30)
        third = await numbers(kafka, topics, 1_000)
        await eventually(lambda: matches(pool, {k: first[k] + second[k] + third[k] for k in first}), 30)


async def test_an_owner_that_was_fenced_out_writes_nothing(pool, kafka, topics, monkeypatch):
    """A former owner's swap fails: here the epoch is raised while a batch is being applied."""
    monkeypatch.setattr(consumer_module, "FENCED_PAUSE", 0.05)
    interrupted = asyncio.Event()

    async def is_interrupted(batch, db):
        await add_up(batch, db)
        if not interrupted.is_set():
            interrupted.set()
            raise ConnectionResetError  # as if the connection broke; meanwhile another owner takes over:

    await publish(kafka, topics, [event("a", n) for n in range(100)])
    async with consuming(pool, kafka, topics, is_interrupted):
        await eventually(interrupted.is_set)
        await pool.execute("update consumer_offsets set epoch = epoch + 1")
        await eventually(lambda: matches(pool, {"a": sum(range(100))}))


async def test_stopping_leaves_the_group_at_once(pool, kafka, topics):
    """A consumer that is stopped leaves the group, so that the next one need not wait for the session to expire."""
    await numbers(kafka, topics, 10)
    async with consuming(pool, kafka, topics):
        await eventually(lambda: pool.fetchval("select count(*) > 0 from tally"))
    assert await is_empty(kafka, topics + "tally")


async def test_a_consumer_is_ready_while_another_of_its_service_stands_still_elsewhere(pool, kafka, topics):
    """Unless the log is not the one that the database knows: then nobody goes on."""
    for halt in (halts.Halt("access", "poison", "bad"), halts.Halt("access", "log", "another log")):
        async with pool.acquire() as db:
            await halts.end(db, ["access"])
            await halts.note(db, halt)
        async with consuming(pool, kafka, topics) as consumer:
            expected = {"access": "another log"} if halt.is_for_all else {}
            await eventually(lambda: consumer.status().detail["trouble"] is None, 30)
            assert consumer.status().detail["halted"] == expected
            assert consumer.status().ready == (not expected)


async def is_empty(kafka, group):
    async with open_admin(kafka) as admin:
        (answer,) = await admin.describe_consumer_groups([group])
    (found,) = answer.to_object()["groups"]
    return (found["state"], found["members"]) == ("Empty", [])


class Hangs(ConsumerRebalanceListener):
    """What it is told of new partitions takes it for ever."""

    def __init__(self):
        self.was_told = asyncio.Event()

    async def on_partitions_assigned(self, assigned):
        self.was_told.set()
        await asyncio.Event().wait()

    async def on_partitions_revoked(self, revoked):
        return


async def test_a_client_whose_stop_is_cut_short_leaves_the_group_too(kafka, topics, monkeypatch):
    """Else the broker keeps it, and whoever comes next waits for it: until its session ends, or half a minute."""
    monkeypatch.setattr(transport, "CLOSED_WITHIN", 0.1)
    monkeypatch.setattr(transport, "SESSION_TIMEOUT_MS", 300_000)
    await ensure_topics(kafka, [TOPIC], prefix=topics)

    async def receive(records):
        return

    hangs, options = Hangs(), {"max_records": 1, "linger_ms": 10}
    client = transport.Transport(kafka, [topics + TOPIC.name], topics, receive=receive, listener=hangs, **options)
    starting = asyncio.create_task(client.start())
    await asyncio.wait_for(hangs.was_told.wait(), 30)
    assert not await client.stop()
    starting.cancel()
    await asyncio.gather(starting, return_exceptions=True)
    await eventually(lambda: is_empty(kafka, topics), 60)


@pytest.mark.timeout(180)
async def test_a_consumer_reads_again_after_its_broker_died_and_came_back(
    database, own_kafka, topics, tmp_path, monkeypatch
):
    """aiokafka's consumer can hang silently after a broker's restart; ours measures its lag and replaces the client."""
    monkeypatch.setattr(consumer_module, "WATCH_SECONDS", 0.3)
    monkeypatch.setattr(consumer_module, "HUNG_AFTER", 5)
    monkeypatch.setattr(lag, "MEASURED_WITHIN", 1.5)
    monkeypatch.setattr(transport, "CLOSED_WITHIN", 1)
    broker = await own_kafka()
    async with prepared(database.of("coverage"), broker.address, topics, tmp_path) as pool:
        expected = await numbers(broker.address, topics, 200)
        async with consuming(pool, broker.address, topics) as consumer:
            await eventually(lambda: matches(pool, expected))
            broker.kill()
            await eventually(lambda: not consumer.status().ready, 40)
            assert consumer.status().live
            await broker.start()
            more = await numbers(broker.address, topics, 200)
            expected = {key: expected[key] + more[key] for key in expected}
            await eventually(lambda: matches(pool, expected), 60)
            await eventually(lambda: consumer.status().ready, 30)
