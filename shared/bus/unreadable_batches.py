"""What a client of Kafka may put into a batch cannot stop its consumer: compression bombs, headers that are no text.

aiokafka unfolds a compressed batch whatever its size (1 MiB of zstd may become 40 GB), and fetches again for ever what
it cannot read, so that one agency's batch would stop intake for all. In agencies' topics such a batch ends with one
record that says so in its header UNREADABLE and whose value is empty: no handler can read it, so it becomes a dead
letter. In all other topics, which only our services write, the consumer does not pass what it cannot read.

What it reads becomes our own `Record`, which is smaller and sooner made than aiokafka's.
"""

import mmap
import struct
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, cast

import cramjam
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.record._crecords import default_records

from shared.bus.principals import INTAKE_PREFIX
from shared.bus.records import Record

UNFOLDED_BYTES = 16 << 20
"""Bytes that a compressed batch may unfold to."""

UNREADABLE = "payung_unreadable"
REASON = (
    f"malformed: a batch that cannot be read, or unfolds to more than {UNFOLDED_BYTES >> 20} MiB: send smaller ones"
)


class Damage(NamedTuple):
    """A batch that could not be read: the offset that was wanted of it, and the first one behind it."""

    offset: int
    behind: int


damaged: dict[TopicPartition, Damage] = {}
"""Partition → where a batch could not be read, of all clients of this process; whoever acts on it removes it, and it
comes back with the next attempt if it is still so."""

_unfolded = mmap.mmap(-1, UNFOLDED_BYTES)
"""Only as much of it is in memory as the largest batch so far took."""

_XERIAL = b"\x82SNAPPY\x00"
_XERIAL_HEADER = 16


def _bounded(unfold_into: Callable[[Any, mmap.mmap], int]) -> Callable[[Any], bytes]:
    def unfold(payload: Any) -> bytes:
        return bytes(memoryview(_unfolded)[: unfold_into(payload, _unfolded)])  # raises DecompressionError if too small

    return unfold


def _snappy_blocks(payload: bytes) -> Iterator[bytes]:
    """The blocks of a batch as Java clients frame them (a header, then a length before each block), else the whole."""
    if not payload.startswith(_XERIAL):
        yield payload
        return
    start = _XERIAL_HEADER
    while start < len(payload):
        (length,) = struct.unpack_from("!I", payload, start)
        yield payload[start + 4 : start + 4 + length]
        start += 4 + length


def _snappy(payload: Any) -> bytes:
    blocks = list(_snappy_blocks(bytes(payload)))
    if sum(map(cramjam.snappy.decompress_raw_len, blocks)) > UNFOLDED_BYTES:
        raise cramjam.DecompressionError("too large")
    return b"".join(bytes(cramjam.snappy.decompress_raw(block)) for block in blocks)


class _Batches:
    """A fetch's batches, as aiokafka iterates them; `current` is the one it is in."""

    def __init__(self, batches: Any) -> None:
        self._batches = batches
        self.current: Any = None

    def has_next(self) -> bool:
        return bool(self._batches.has_next())

    def next_batch(self) -> Any:
        self.current = self._batches.next_batch()
        return self.current


def _is_intact(batch: Any) -> bool:
    try:
        return bool(batch.validate_crc())
    except AssertionError:
        return True  # its records were already read, which is done after this check


class PartitionRecords(fetcher.PartitionRecords):
    """One fetch of one partition, record by record, as aiokafka's own, but up to what cannot be read, and in agencies'
    topics to the end."""

    def __init__(self, tp: Any, records: Any, *others: Any) -> None:
        super().__init__(tp, _Batches(records), *others)  # type: ignore[no-untyped-call]

    def _unpack_records(self) -> Iterator[Any]:
        began = self.next_fetch_offset
        while True:
            try:
                yield from super()._unpack_records()  # type: ignore[no-untyped-call]
                return
            except Exception:  # whatever a batch makes aiokafka raise
                batch = self._records.current
                if INTAKE_PREFIX not in self._tp.topic or batch is None or not _is_intact(batch):
                    if self.next_fetch_offset > began:
                        return  # what stands before it goes first; the next fetch begins with it
                    self._note_damage()
                    raise  # damaged on its way or on the disk: nobody sent it like this
                self.next_fetch_offset = batch.next_offset
                yield self._unreadable(batch)

    def _consumer_record(self, tp: TopicPartition, record: Any) -> Record:
        return Record(tp.topic, tp.partition, record.offset, record.timestamp, record.key, record.value, record.headers)

    def _note_damage(self) -> None:
        offset, batch = self.next_fetch_offset, self._records.current
        behind = offset + 1 if batch is None else max(offset + 1, batch.next_offset)
        damaged[self._tp] = Damage(offset, behind)

    def _unreadable(self, batch: Any) -> Any:
        """One record in the place of the batch's last one."""
        headers = ((UNREADABLE, REASON.encode()),)
        topic, partition = self._tp
        return Record(topic, partition, batch.next_offset - 1, batch.max_timestamp, None, b"", headers)


def _install() -> None:
    """Let aiokafka's consumers of this process read so."""
    fetcher.PartitionRecords = PartitionRecords  # type: ignore[misc]
    default_records.gzip_decode = _bounded(cramjam.gzip.decompress_into)  # type: ignore[attr-defined]
    default_records.lz4_decode = _bounded(cramjam.lz4.decompress_into)  # type: ignore[attr-defined]
    default_records.zstd_decode = _bounded(cramjam.zstd.decompress_into)  # type: ignore[attr-defined]
    default_records.snappy_decode = _snappy  # type: ignore[attr-defined]


_install()


async def read_records(
    client: AIOKafkaConsumer, *partitions: TopicPartition, timeout_ms: int = 0, max_records: int | None = None
) -> dict[TopicPartition, list[Record]]:
    """As the client's `getmany`."""
    found = await client.getmany(*partitions, timeout_ms=timeout_ms, max_records=max_records)
    return cast("dict[TopicPartition, list[Record]]", found)
