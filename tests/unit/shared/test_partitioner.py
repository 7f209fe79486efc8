"""Partitions are those that Java clients choose, or two producers would scatter one key."""

import pytest

from shared.bus.producer import partition_of


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
