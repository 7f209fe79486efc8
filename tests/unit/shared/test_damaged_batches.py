"""What stands before a damaged batch is read, whatever was fetched with it."""

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords

from services.registration.recovery import reading
from shared.bus.unreadable_batches import Damage, PartitionRecords, damaged

PARTNERS, CLAIMS = TopicPartition("partners", 0), TopicPartition("claims", 0)


@pytest.fixture(autouse=True)
def nothing_damaged():
    damaged.clear()
    yield
    damaged.clear()


def batch(base, count):
    built = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, -1, 1 << 20)
    for offset in range(count):
        built.append(offset, 1_700_000_000_000, b"k", b"%d" % (base + offset), [])
    return base.to_bytes(8, "big") + bytes(built.build())[8:]


def garbled(data):
    return data[:-1] + bytes([data[-1] ^ 0xFF])


def fetch(data, at, topic="partners"):
    return PartitionRecords(TopicPartition(topic, 0), MemoryRecords(data), [], at, None, None, True, 0)


@pytest.mark.parametrize("topic", ["partners", "intake.kantor"])
def test_a_fetch_ends_before_a_damaged_batch_and_the_next_one_says_where_it_is(topic):
    place = TopicPartition(topic, 0)
    good, bad = batch(0, 3), garbled(batch(3, 2))
    first = fetch(good + bad + batch(5, 1), 0, topic)
    assert [record.offset for record in first] == [0, 1, 2]
    assert first.next_fetch_offset == 3
    assert damaged == {}
    second = fetch(bad + batch(5, 1), 3, topic)
    with pytest.raises(CorruptRecordException):
        next(second)
    assert damaged == {place: Damage(3, 5)}


class Client:
    """Hands out what is in one partition, and finds the other one damaged, in the same call."""

    def __init__(self):
        self.positions = {PARTNERS: 0, CLAIMS: 0}

    async def position(self, place):
        return self.positions[place]

    def seek(self, place, offset):
        self.positions[place] = offset

    async def getmany(self, *_, **__):
        self.positions[PARTNERS] = 5
        damaged[CLAIMS] = Damage(0, 2)
        raise CorruptRecordException


async def test_what_was_polled_with_a_damaged_partition_is_read_again():
    client = Client()
    assert await reading._some(client, {PARTNERS, CLAIMS}, {PARTNERS: 5, CLAIMS: 9}) == {}
    assert client.positions == {PARTNERS: 0, CLAIMS: 0}
