"""Looking at dead letters and putting them back to the topic they came from."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.structs import ConsumerRecord

from shared.bus import dead_letters
from shared.bus.producer import Producer
from shared.bus.records import header
from shared.bus.topics import DEAD_LETTER_SUFFIX

QUIET_MS = 500


@dataclass(frozen=True)
class Letter:
    """One dead letter; `id` is `topic/partition/offset` among the dead letters, `origin` where it came from."""

    id: str
    topic: str
    reason: str
    consumer: str
    origin: str
    first_failure: str
    last_failure: str
    type: str
    record: "ConsumerRecord[bytes, bytes]"

    @property
    def code(self) -> str:
        """The reason without its detail."""
        return self.reason.partition(":")[0]


async def letters(kafka: str, *, prefix: str = "", topic: str | None = None) -> list[Letter]:
    """All dead letters, or those of `topic` (its name as in the contracts), oldest first per partition."""
    async with _reader(kafka) as client:
        return [
            _letter(record, prefix) for record in await _read_all(client, await _ends(client, kafka, prefix, topic))
        ]


async def count(kafka: str, *, prefix: str = "") -> dict[str, int]:
    """topic → how many dead letters it has; topics without any are left out."""
    async with _reader(kafka) as client:
        ends = await _ends(client, kafka, prefix, None)
        starts = await client.beginning_offsets(list(ends))
    counts: dict[str, int] = {}
    for partition, end in ends.items():
        name = _origin(partition.topic, prefix)
        counts[name] = counts.get(name, 0) + end - starts[partition]
    return {name: number for name, number in sorted(counts.items()) if number}


async def redrive(kafka: str, topic: str, wanted: Callable[[Letter], bool], *, prefix: str = "") -> int:
    """Put the wanted letters of `topic` back, original bytes and headers; the others stay dead. Returns how many.

    A record that several readers refused goes back once, since all of them will read it again.

    A crash half-way may put some back twice: facts carry versions, intake its ids, so that changes nothing.
    """
    async with _reader(kafka) as client:
        ends = await _ends(client, kafka, prefix, topic)
        found = [_letter(record, prefix) for record in await _read_all(client, ends)]
    back = {letter.origin: letter for letter in found if wanted(letter)}
    stay = [letter for letter in found if letter.origin not in back]
    if not back:
        return 0
    producer = Producer(kafka, "redrive", prefix=prefix)
    try:
        await producer.send(
            [(topic, each.record.key, each.record.value, _original_headers(each)) for each in back.values()]
        )
        await producer.send(
            [(topic + DEAD_LETTER_SUFFIX, each.record.key, each.record.value, each.record.headers) for each in stay]
        )
    finally:
        await producer.stop()
    await _forget(kafka, ends)
    return len(back)


@asynccontextmanager
async def _reader(kafka: str) -> AsyncIterator[AIOKafkaConsumer]:
    client = AIOKafkaConsumer(bootstrap_servers=kafka, group_id=None, auto_offset_reset="earliest")
    try:
        await client.start()
        yield client
    finally:
        await client.stop()


@asynccontextmanager
async def _admin(kafka: str) -> AsyncIterator[AIOKafkaAdminClient]:
    client = AIOKafkaAdminClient(bootstrap_servers=kafka)
    try:
        await client.start()
        yield client
    finally:
        await client.close()


async def _ends(client: AIOKafkaConsumer, kafka: str, prefix: str, topic: str | None) -> dict[TopicPartition, int]:
    async with _admin(kafka) as admin:
        wanted = prefix + ("" if topic is None else topic) + DEAD_LETTER_SUFFIX
        names = [
            name
            for name in await admin.list_topics()
            if name == wanted or (topic is None and name.startswith(prefix) and name.endswith(DEAD_LETTER_SUFFIX))
        ]
        described = await admin.describe_topics(names) if names else []
    partitions = [TopicPartition(one["topic"], each["partition"]) for one in described for each in one["partitions"]]
    return dict(await client.end_offsets(partitions)) if partitions else {}


async def _read_all(client: AIOKafkaConsumer, ends: dict[TopicPartition, int]) -> "list[ConsumerRecord[bytes, bytes]]":
    starts = await client.beginning_offsets(list(ends)) if ends else {}
    open_ = {partition for partition, end in ends.items() if starts[partition] < end}
    client.assign(sorted(open_))
    found = []
    while open_:
        for partition, records in (await client.getmany(timeout_ms=QUIET_MS)).items():
            found += [record for record in records if record.offset < ends[partition]]
        open_ = {partition for partition in open_ if await client.position(partition) < ends[partition]}
    return sorted(found, key=lambda record: (record.topic, record.partition, record.offset))


async def _forget(kafka: str, ends: dict[TopicPartition, int]) -> None:
    async with _admin(kafka) as admin:
        await admin.delete_records({partition: RecordsToDelete(before_offset=end) for partition, end in ends.items()})


def _origin(dead: str, prefix: str) -> str:
    return dead.removeprefix(prefix).removesuffix(DEAD_LETTER_SUFFIX)


def _letter(record: "ConsumerRecord[bytes, bytes]", prefix: str) -> Letter:
    told = {name: header(record.headers, name) for name in dead_letters.OURS}
    return Letter(
        id=f"{_origin(record.topic, prefix)}/{record.partition}/{record.offset}",
        topic=_origin(record.topic, prefix),
        reason=told[dead_letters.REASON],
        consumer=told[dead_letters.CONSUMER],
        origin=f"{told[dead_letters.TOPIC]}/{told[dead_letters.PARTITION]}/{told[dead_letters.OFFSET]}",
        first_failure=told[dead_letters.FIRST_FAILURE],
        last_failure=told[dead_letters.LAST_FAILURE],
        type=header(record.headers, "ce_type"),
        record=record,
    )


def _original_headers(letter: Letter) -> list[tuple[str, bytes]]:
    """The original headers, and when it first failed, should it fail again."""
    ours = dead_letters.OURS - {dead_letters.FIRST_FAILURE}
    return [(name, value) for name, value in letter.record.headers if name not in ours]
