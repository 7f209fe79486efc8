"""Dead letters are listed by reason and put back as they were; those that do not match stay."""

import dataclasses
import time

import pytest
from aiokafka import ConsumerRecord, TopicPartition

from shared.bus import redrive
from shared.bus.dead_letter_reader import count_dead_letters, read_dead_letters, read_range, reader
from shared.bus.dead_letters import to_messages
from shared.bus.producer import Message, Producer
from shared.bus.records import header
from shared.bus.topics import ensure_topics
from shared.events import TOPICS
from tests.integration.bus.tally import NOW, TOPIC, add_up, consuming, event, prepared, publish, totals
from tests.waiting import eventually


@pytest.fixture
async def pool(database, kafka, topics, tmp_path):
    async with prepared(database.of("coverage"), kafka, topics, tmp_path) as pool:
        yield pool


async def test_a_corrected_consumer_gets_the_record_back_and_the_other_dead_letters_stay(pool, kafka, topics):
    broken = {"on": True}

    async def sometimes(batch, db):
        for record in batch.records:
            if broken["on"] and record.key == b"b":
                batch.reject(record, "unknown_region: 99.99")
            if record.key == b"c":
                batch.reject(record, "never_good")
        kept = [record for record in batch.records if record not in [bad for bad, _ in batch.rejected]]
        batch.records = kept
        await add_up(batch, db)

    await publish(kafka, topics, [event(key, 5, number) for number, key in enumerate("aabbc")])
    async with consuming(pool, kafka, topics, sometimes):
        await eventually(lambda: counted(kafka, topics, 3))
        found = await read_dead_letters(kafka, prefix=topics, topic=TOPIC.name)
        assert sorted(letter.code for letter in found) == ["never_good", "unknown_region", "unknown_region"]
        assert {letter.consumer for letter in found} == {"tally"}
        assert {letter.type for letter in found} == {"tally.added"}

        broken["on"] = False
        put_back = await redrive.redrive(kafka, TOPIC.name, lambda one: one.code == "unknown_region", prefix=topics)
        assert put_back == redrive.Redriven(put_back=2)
        await eventually(lambda: has(pool, {"a": 10, "b": 10}))
        (left,) = await read_dead_letters(kafka, prefix=topics)
        assert left.code == "never_good"
        assert await count_dead_letters(kafka, prefix=topics) == {"tally": 1}


async def test_a_record_that_fails_again_keeps_the_time_of_its_first_failure(pool, kafka, topics):
    async def never(batch, db):
        for record in batch.records:
            batch.reject(record, "never_good")

    await publish(kafka, topics, [event("a", 1)])
    async with consuming(pool, kafka, topics, never):
        await eventually(lambda: counted(kafka, topics, 1))
        (first,) = await read_dead_letters(kafka, prefix=topics)
        await redrive.redrive(kafka, TOPIC.name, lambda _: True, prefix=topics)
        await eventually(lambda: counted(kafka, topics, 1))
        (second,) = await read_dead_letters(kafka, prefix=topics)
    assert second.first_failure == first.first_failure
    assert second.last_failure > first.last_failure
    assert second.record.value == first.record.value
    assert header(second.record.headers, "ce_id") == "a/0"


async def test_a_record_that_two_consumers_rejected_goes_back_once(pool, kafka, topics):
    async def never(batch, db):
        for record in batch.records:
            batch.reject(record, "never_good")

    await publish(kafka, topics, [event("a", 1)])
    record = ConsumerRecord(topics + TOPIC.name, 0, 0, 0, 0, b"a", b"{}", None, 0, 0, ())
    async with consuming(pool, kafka, topics, never):
        await eventually(lambda: counted(kafka, topics, 1))
        (first,) = await read_dead_letters(kafka, prefix=topics)
        twin = to_messages(TOPIC.name, [(moved(record, first), "never_good")], consumer="other", now=NOW)
        producer = Producer(kafka, "test", prefix=topics)
        await producer.send(twin)
        await producer.stop()
        await eventually(lambda: counted(kafka, topics, 2))
        assert await redrive.redrive(kafka, TOPIC.name, lambda _: True, prefix=topics) == redrive.Redriven(1)
        await eventually(lambda: counted(kafka, topics, 1))


async def test_a_dead_letter_of_a_key_that_was_erased_since_is_not_put_back(kafka, topics):
    """The last record of a key of a compacted topic holds for ever: a dead letter must not become the last again."""
    await ensure_topics(kafka, [TOPICS["contacts"]], prefix=topics, partitions=2)
    producer = Producer(kafka, "test", prefix=topics)
    records = [("a", b"old"), ("a", None), ("b", b"old"), ("b", b"new"), ("c", b"only"), ("d", b"other")]
    for key, value in records:
        await producer.send([Message("contacts", key.encode(), value, [])])
    published = await everything(kafka, topics + "contacts")
    poison = [record for record in published if record.value in (b"old", b"only", b"other")]
    await producer.send(to_messages("contacts", [(each, "malformed") for each in poison], consumer="n", now=NOW))
    await producer.stop()

    done = await redrive.redrive(kafka, "contacts", lambda one: one.key != "d", prefix=topics)
    assert done == redrive.Redriven(put_back=1, superseded=2)
    last = {record.key.decode(): record.value for record in await everything(kafka, topics + "contacts")}
    assert last == {"a": None, "b": b"new", "c": b"only", "d": b"other"}
    assert [one.key for one in await read_dead_letters(kafka, prefix=topics)] == ["d"]


async def test_a_record_written_while_dead_letters_are_put_back_stays_the_last_of_its_key(kafka, topics, monkeypatch):
    await ensure_topics(kafka, [TOPICS["contacts"]], prefix=topics, partitions=2)
    producer = Producer(kafka, "test", prefix=topics)
    await producer.send([Message("contacts", b"a", b"old", [])])
    (poison,) = await everything(kafka, topics + "contacts")
    await producer.send(to_messages("contacts", [(poison, "malformed")], consumer="n", now=NOW))
    rewrite = redrive._rewrite

    async def erased_meanwhile(*arguments):
        monkeypatch.setattr(redrive, "_rewrite", rewrite)
        await producer.send([Message("contacts", b"a", None, [])])
        await rewrite(*arguments)

    monkeypatch.setattr(redrive, "_rewrite", erased_meanwhile)
    await redrive.redrive(kafka, "contacts", lambda _: True, prefix=topics)
    assert [record.value for record in await everything(kafka, topics + "contacts")] == [b"old", None, b"old", None]
    await producer.stop()


async def test_a_record_that_was_too_long_to_be_kept_whole_stays_a_dead_letter(kafka, topics):
    await ensure_topics(kafka, [TOPIC], prefix=topics, partitions=2)
    record = ConsumerRecord(topics + TOPIC.name, 0, 0, 0, 0, b"long", bytes(4 << 20), None, 0, 0, ())
    (letter,) = to_messages(TOPIC.name, [(record, "never_good")], consumer="n", now=NOW)
    assert len(letter.value) < len(record.value)
    producer = Producer(kafka, "test", prefix=topics)
    await producer.send([letter])
    await producer.stop()
    assert await redrive.redrive(kafka, TOPIC.name, lambda _: True, prefix=topics) == redrive.Redriven(cut=1)
    (left,) = await read_dead_letters(kafka, prefix=topics)
    assert left.is_cut


async def test_dead_letters_that_are_erased_are_gone_and_the_others_keep_their_age(kafka, topics):
    await ensure_topics(kafka, [TOPIC], prefix=topics, partitions=2)
    producer = Producer(kafka, "test", prefix=topics)
    record = ConsumerRecord(topics + TOPIC.name, 0, 0, 0, 0, b"stays", b"{}", None, 0, 0, ())
    other = dataclasses.replace(record, key=b"goes", offset=1)
    dead = to_messages(TOPIC.name, [(each, "never_good") for each in (record, other)], consumer="n", now=NOW)
    days_ago = int((time.time() - 3 * 24 * 3600) * 1000)
    await producer.send([letter._replace(timestamp=days_ago) for letter in dead])
    await producer.stop()
    for _ in range(2):
        await redrive.erase(kafka, TOPIC.name, lambda one: one.key == "goes", prefix=topics)
        (left,) = await read_dead_letters(kafka, prefix=topics)
        assert (left.key, left.record.timestamp) == ("stays", days_ago)


async def everything(kafka, topic):
    """All records of the topic, in order per key."""
    async with reader(kafka) as client:
        partitions = [TopicPartition(topic, number) for number in range(2)]
        starts, ends = await client.beginning_offsets(partitions), await client.end_offsets(partitions)
        return await read_range(client, dict(starts), dict(ends))


def moved(record, letter):
    """The record with the partition and offset that the dead letter names as its origin."""
    _, partition, offset = letter.origin.split("/")
    return dataclasses.replace(record, partition=int(partition), offset=int(offset))


async def counted(kafka, topics, number):
    return sum((await count_dead_letters(kafka, prefix=topics)).values()) == number


async def has(pool, expected):
    return await totals(pool) == expected
