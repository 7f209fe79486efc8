"""Partitions are those that Java clients choose, or two producers would scatter one key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.bus.partitioner import murmur2, murmur2_of, partition_of, partitions_of


# From Apache Kafka's own UtilsTest.testMurmur2, as signed 32-bit results.
@pytest.mark.parametrize(
    ("key", "hash_"),
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
@pytest.mark.parametrize("partitions", [1, 3, 8, 12])
def test_partition_is_murmur2_without_its_sign_bit(key, hash_, partitions):
    assert partition_of(key, partitions) == (hash_ & 0x7FFFFFFF) % partitions


@given(st.lists(st.binary(max_size=9) | st.binary(min_size=36, max_size=36), max_size=60))
def test_of_many_keys_at_once_each_has_the_same_hash(keys):
    assert murmur2_of(keys) == [murmur2(key) for key in keys]


@pytest.mark.parametrize("length", range(40))
def test_of_many_keys_of_one_length_each_has_the_same_partition(length):
    keys = [bytes((number * 31 + place * 7) % 256 for place in range(length)) for number in range(50)]
    keys += [b"\xff" * length] * 20
    assert partitions_of(keys, 12) == [partition_of(key, 12) for key in keys]
