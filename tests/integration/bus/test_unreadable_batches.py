"""Whatever an agency's client of Kafka puts into a batch, the consumer reads on: real batches on a real broker."""

import struct

import msgspec
import pytest
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.util import calc_crc32c

from shared.bus import dead_letters
from shared.bus.producer import BATCH_BYTES
from shared.bus.records import header
from shared.bus.redrive import Redriven, redrive
from shared.bus.topics import ensure_topics
from shared.bus.unreadable_batches import UNFOLDED_BYTES
from shared.events.model import Topic
from tests.integration.bus.tally import add_up, consuming, prepared, totals
from tests.kafka_clients import open_consumer, open_producer
from tests.waiting import eventually

INTAKE = Topic("intake.kantor")
CODECS = {"gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}


@pytest.fixture
async def pool(database, kafka, topics, tmp_path):
    async with prepared(database.of("coverage"), kafka, topics, tmp_path) as pool:
        await ensure_topics(kafka, [INTAKE], prefix=topics, partitions=1)
        yield pool


@pytest.fixture
async def reading(pool, kafka, topics):
    """A consumer of agencies' topics."""
    async with consuming(pool, kafka, topics) as consumer:
        consumer.on_each("intake.", add_up)
        yield pool


def amounts(count):
    return [(b"k", msgspec.json.encode({"amount": 1}), []) for _ in range(count)]


def batch(records, codec=0):
    built = DefaultRecordBatchBuilder(2, codec, 0, -1, -1, -1, 1 << 30)
    for offset, (key, value, headers) in enumerate(records):
        assert built.append(offset, 1_700_000_000_000, key, value, headers) is not None
    return bytes(built.build())


async def send(kafka, topic, data, count):
    """Send a batch as it is, with the producer's own connection."""
    async with open_producer(kafka, max_request_size=8 << 20, max_batch_size=8 << 20) as producer:
        made = producer.create_batch()
        for _ in range(count):
            made.append(key=None, value=b"", timestamp=None)
        made.close()
        made._buffer = bytearray(data)
        await (await producer.send_batch(made, topic, partition=0))


def with_crc(data):
    changed = bytearray(data)
    struct.pack_into(">I", changed, 17, calc_crc32c(bytes(changed[21:])))
    return bytes(changed)


async def dead_letters_of(kafka, topics, count):
    found = []
    async with open_consumer(kafka, topics + INTAKE.name + ".dlq", group_id=None) as client:

        async def enough():
            for records in (await client.getmany(timeout_ms=100)).values():
                found.extend(dead_letters.from_record(record, topics) for record in records)
            return len(found) >= count

        await eventually(enough, 20)
    return found


async def total_is(pool, expected):
    return (await totals(pool)).get("k") == expected


@pytest.mark.parametrize("codec", CODECS)
async def test_what_a_client_compressed_is_read(reading, kafka, topics, codec):
    await send(kafka, topics + INTAKE.name, batch(amounts(100), CODECS[codec]), 100)
    await eventually(lambda: total_is(reading, 100), 20)


@pytest.mark.parametrize("codec", CODECS)
async def test_a_batch_that_unfolds_to_too_much_costs_only_itself(reading, kafka, topics, codec):
    name = topics + INTAKE.name
    await send(kafka, name, batch(amounts(1)), 1)
    bomb = [(b"k", bytes(UNFOLDED_BYTES), []), *amounts(2)]
    await send(kafka, name, batch(bomb, CODECS[codec]), 3)
    await send(kafka, name, batch(amounts(1)), 1)
    await eventually(lambda: total_is(reading, 2), 20)
    (letter,) = await dead_letters_of(kafka, topics, 1)
    assert letter.reason.startswith("malformed")
    assert letter.origin_offset == 3


async def test_a_header_that_is_no_text_costs_only_its_batch(reading, kafka, topics):
    name = topics + INTAKE.name
    data = batch([(b"k", b"{}", [("name", b"")]), *amounts(1)]).replace(b"name", b"na\xffe")
    await send(kafka, name, with_crc(data), 2)
    await send(kafka, name, batch(amounts(5)), 5)
    await eventually(lambda: total_is(reading, 5), 20)
    assert len(await dead_letters_of(kafka, topics, 1)) == 1


@pytest.mark.parametrize(
    "record",
    [
        (b"k", b"x" * (3 << 20), []),
        (b"k" * (2 << 20), b"x", []),
        (b"k", b"x", [("h", b"x" * (2 << 20))]),
        (b"k", b"x", [(f"h{n}", b"") for n in range(100_000)]),
        (b"k", b"x" * (BATCH_BYTES - 100), []),
    ],
    ids=["value", "key", "header", "headers", "just below the limit"],
)
async def test_a_record_that_is_too_long_for_a_dead_letter_is_cut_and_stays(reading, kafka, topics, record):
    name = topics + INTAKE.name
    await send(kafka, name, batch([record]), 1)
    await send(kafka, name, batch(amounts(1)), 1)
    await eventually(lambda: total_is(reading, 1), 20)
    (letter,) = await dead_letters_of(kafka, topics, 1)
    assert letter.is_cut
    assert int(header(letter.record.headers, dead_letters.CUT)) > dead_letters.MOST_BYTES
    assert await redrive(kafka, INTAKE.name, lambda _: True, prefix=topics) == Redriven(cut=1)
    assert len(await dead_letters_of(kafka, topics, 1)) == 1
