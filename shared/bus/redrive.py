"""Looking at dead letters, putting them back to the topic they came from, and forgetting them."""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from shared.bus import dead_letters
from shared.bus.producer import Message, Producer
from shared.bus.records import Record, event_type, header, key_text
from shared.bus.topics import DEAD_LETTER_SUFFIX
from shared.events import TOPICS
from shared.events.model import Topic

QUIET_MS = 500

Offsets = dict[TopicPartition, int]


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
    record: Record

    @property
    def code(self) -> str:
        """The reason without its detail."""
        return self.reason.partition(":")[0]

    @property
    def key(self) -> str:
        return key_text(self.record)


Wanted = Callable[[Letter], bool]


@dataclass(frozen=True)
class Redriven:
    """How many letters went back, and how many were let go since something newer stands on their topic."""

    put_back: int = 0
    superseded: int = 0


async def letters(kafka: str, *, prefix: str = "", topic: str | None = None) -> list[Letter]:
    """All dead letters, or those of `topic` (its name as in the contracts), oldest first per partition."""
    async with _reader(kafka) as client:
        return await _letters(client, await _ends(client, kafka, prefix, topic), prefix)


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


async def redrive(kafka: str, topic: str, wanted: Wanted, *, prefix: str = "") -> Redriven:
    """Put the wanted letters of `topic` back, original bytes and headers; the others stay dead.

    A record that several readers refused goes back once, since all of them will read it again. On a compacted topic the
    last word on a key holds for ever, so what was followed by another, a tombstone for one, is let go instead.

    A crash half-way may put some back twice: facts carry versions, intake its ids, so that changes nothing.
    """
    async with _reader(kafka) as client:
        ends = await _ends(client, kafka, prefix, topic)
        found = await _letters(client, ends, prefix)
        taken = {letter.origin: letter for letter in found if wanted(letter)}
        if not taken:
            return Redriven()
        followed = await _followed(client, list(taken.values()), prefix) if _compacted(topic) else {}
        back = [letter for letter in taken.values() if letter.origin not in followed]
        stay = [letter for letter in found if letter.origin not in taken]
        await _rewrite(kafka, prefix, [_original(letter) for letter in back], stay)
        if _compacted(topic):
            # Whoever wrote while we did keeps the last word.
            meanwhile = await _followed(client, back, prefix)
            await _rewrite(kafka, prefix, [_again(record, topic) for record in meanwhile.values()], [])
        await _forget(kafka, ends)
    return Redriven(len(back), len(followed))


async def forget(kafka: str, topic: str, wanted: Wanted, *, prefix: str = "") -> int:
    """Delete the wanted letters of `topic`; how many. Those that stay keep their age, and with it their day to go."""
    async with _reader(kafka) as client:
        ends = await _ends(client, kafka, prefix, topic)
        found = await _letters(client, ends, prefix)
    stay = [letter for letter in found if not wanted(letter)]
    if len(stay) < len(found):
        await _rewrite(kafka, prefix, [], stay)
        await _forget(kafka, ends)
    return len(found) - len(stay)


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


async def _ends(client: AIOKafkaConsumer, kafka: str, prefix: str, topic: str | None) -> Offsets:
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


async def _letters(client: AIOKafkaConsumer, ends: Offsets, prefix: str) -> list[Letter]:
    starts = dict(await client.beginning_offsets(list(ends))) if ends else {}
    return [_letter(record, prefix) for record in await _read(client, starts, ends)]


async def _read(
    client: AIOKafkaConsumer, starts: Offsets, ends: Offsets, keys: Collection[bytes | None] | None = None
) -> list[Record]:
    """What stands in between, in order; with `keys` only theirs."""
    open_ = {partition for partition, end in ends.items() if starts[partition] < end}
    client.assign(sorted(open_))
    for partition in open_:
        client.seek(partition, starts[partition])
    found = []
    while open_:
        for partition, records in (await client.getmany(timeout_ms=QUIET_MS)).items():
            inside = (record for record in records if record.offset < ends[partition])
            found += [record for record in inside if keys is None or record.key in keys]
        open_ = {partition for partition in open_ if await client.position(partition) < ends[partition]}
    return sorted(found, key=lambda record: (record.topic, record.partition, record.offset))


async def _followed(client: AIOKafkaConsumer, found: Collection[Letter], prefix: str) -> dict[str, Record]:
    """origin → the last other record of the letter's key behind it, for those letters that have one."""
    places = {letter.origin: _place(letter, prefix) for letter in found}
    partitions = list({partition for partition, _ in places.values()})
    ends = dict(await client.end_offsets(partitions)) if partitions else {}
    starts = dict(ends)
    for partition, offset in places.values():
        starts[partition] = min(starts[partition], offset + 1)
    behind = await _read(client, starts, ends, {letter.record.key for letter in found})
    by_key = defaultdict(list)
    for record in behind:
        by_key[record.key].append(record)
    followed = {}
    for letter in found:
        _, offset = places[letter.origin]
        others = [r for r in by_key[letter.record.key] if r.offset > offset and r.value != letter.record.value]
        if others:
            followed[letter.origin] = others[-1]
    return followed


def _place(letter: Letter, prefix: str) -> tuple[TopicPartition, int]:
    topic, partition, offset = letter.origin.rsplit("/", 2)
    return TopicPartition(prefix + topic, int(partition)), int(offset)


async def _rewrite(kafka: str, prefix: str, back: list[Message], stay: list[Letter]) -> None:
    """Publish the records, and the staying letters once more behind themselves, as old as they are."""
    producer = Producer(kafka, "redrive", prefix=prefix)
    try:
        await producer.send(back)
        await producer.send(
            [_again(each.record, each.topic + DEAD_LETTER_SUFFIX, each.record.timestamp) for each in stay]
        )
    finally:
        await producer.stop()


async def _forget(kafka: str, ends: Offsets) -> None:
    async with _admin(kafka) as admin:
        await admin.delete_records({partition: RecordsToDelete(before_offset=end) for partition, end in ends.items()})


def _compacted(topic: str) -> bool:
    return TOPICS.get(topic, Topic(topic)).compacted


def _origin(dead: str, prefix: str) -> str:
    return dead.removeprefix(prefix).removesuffix(DEAD_LETTER_SUFFIX)


def _letter(record: Record, prefix: str) -> Letter:
    told = {name: header(record.headers, name) for name in dead_letters.OURS}
    return Letter(
        id=f"{_origin(record.topic, prefix)}/{record.partition}/{record.offset}",
        topic=_origin(record.topic, prefix),
        reason=told[dead_letters.REASON],
        consumer=told[dead_letters.CONSUMER],
        origin=f"{told[dead_letters.TOPIC]}/{told[dead_letters.PARTITION]}/{told[dead_letters.OFFSET]}",
        first_failure=told[dead_letters.FIRST_FAILURE],
        last_failure=told[dead_letters.LAST_FAILURE],
        type=event_type(record),
        record=record,
    )


def _original(letter: Letter) -> Message:
    """The original record, and when it first failed, should it fail again."""
    ours = dead_letters.OURS - {dead_letters.FIRST_FAILURE}
    headers = [(name, value) for name, value in letter.record.headers if name not in ours]
    return Message(letter.topic, letter.record.key, letter.record.value, headers)


def _again(record: Record, topic: str, timestamp: int | None = None) -> Message:
    return Message(topic, record.key, record.value, record.headers, timestamp)
