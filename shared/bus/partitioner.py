"""Which partition a key belongs to: Kafka's default partitioner, Murmur 2 with the sign bit cleared. Pure.

Thousands of keys are hashed at once: each is a lane of 64 bits in one very long integer, so that a step of the hash is
one multiplication for all of them: a quarter of the time.
"""

import struct
from array import array
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

_SEED, _MIX, _BITS = 0x9747B28C, 0x5BD1E995, 0xFFFFFFFF
"""Of Murmur 2."""

_LANE: Final = 8
"""Bytes of a lane: a product of two numbers of 32 bits fits."""

_FEW: Final = 8
"""Keys of one length that are hashed one by one."""


def partition_of(key: bytes, partitions: int) -> int:
    """The partition of a key among `partitions`."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions


def partitions_of(keys: Sequence[bytes], partitions: int) -> list[int]:
    """The partition of each of these keys."""
    return [(hashed & 0x7FFFFFFF) % partitions for hashed in murmur2_of(keys)]


def murmur2(data: bytes) -> int:
    """Murmur 2 as Kafka's clients compute it: 32 bits, without a sign."""
    mixed = _SEED ^ len(data)
    for word in struct.unpack_from(f"<{len(data) >> 2}I", data):
        word = word * _MIX & _BITS
        mixed = (mixed * _MIX & _BITS) ^ ((word ^ word >> 24) * _MIX & _BITS)
    rest = data[len(data) & ~3 :]
    if rest:
        mixed = (mixed ^ int.from_bytes(rest, "little")) * _MIX & _BITS
    mixed = (mixed ^ mixed >> 13) * _MIX & _BITS
    return mixed ^ mixed >> 15


def murmur2_of(keys: Sequence[bytes]) -> list[int]:
    """The `murmur2` of each of these keys."""
    by_length: dict[int, list[int]] = defaultdict(list)
    for at, key in enumerate(keys):
        by_length[len(key)].append(at)
    found = [0] * len(keys)
    for length, places in by_length.items():
        own = [keys[at] for at in places]
        hashes = _in_lanes(own, length) if len(own) > _FEW else map(murmur2, own)
        for at, hashed in zip(places, hashes, strict=True):
            found[at] = hashed
    return found


def _in_lanes(keys: Sequence[bytes], length: int) -> Sequence[int]:
    """The same of keys of one length, step by step for all at once."""
    count, padded = len(keys), length + -length % 4
    words = array("I", b"".join([key.ljust(padded, b"\0") for key in keys] if padded > length else keys))
    bits, low_8, low_19, low_17 = (_repeated(mask, count) for mask in (_BITS, 0xFF, (1 << 19) - 1, (1 << 17) - 1))
    mixed = _repeated(_SEED ^ length, count)
    step = padded // 4
    for number in range(length // 4):
        word = _lanes(words[number::step]) * _MIX & bits
        mixed = (mixed * _MIX & bits) ^ ((word ^ (word >> 24 & low_8)) * _MIX & bits)
    if padded > length:
        mixed = (mixed ^ _lanes(words[step - 1 :: step])) * _MIX & bits
    mixed = (mixed ^ (mixed >> 13 & low_19)) * _MIX & bits
    return array("Q", (mixed ^ (mixed >> 15 & low_17)).to_bytes(_LANE * count, "little"))


def _repeated(value: int, count: int) -> int:
    return int.from_bytes(value.to_bytes(_LANE, "little") * count, "little")


def _lanes(words: "array[int]") -> int:
    return int.from_bytes(array("Q", words).tobytes(), "little")
