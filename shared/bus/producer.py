"""Publishing to Kafka: idempotent, in order per key, partitioned as Java clients do."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple

import cramjam
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, ProducerClosed
from aiokafka.record._crecords import default_records

from shared.bus.kafka_url import aiokafka_options
from shared.bus.partitioner import partitions_of
from shared.bus.records import Headers, Outgoing, cloudevent_headers

ACKNOWLEDGED_WITHIN = 30.0
"""Seconds after which a batch counts as failed: aiokafka's idempotent batches never expire by themselves."""

BATCH_BYTES = 1 << 20
"""Bytes of one partition that are sent at once; a single record may not be larger."""

COMPRESSION = "gzip"
"""Facts of one batch resemble each other: a tenth of the bytes at 3 us a record, and less work for the broker. Of the
codecs this is the one that every client reads without a further library."""
_LEVEL = 1
"""aiokafka's own level is 9: seven times the work for a sixth fewer bytes."""

default_records.gzip_encode = partial(cramjam.gzip.compress, level=_LEVEL)  # type: ignore[attr-defined]

REQUEST_TIMEOUT_MS = 10_000
STOPPED_WITHIN = 5.0
"""Seconds that a client may take to stop before it is dropped."""


Written = dict[tuple[str, int], tuple[int, int]]
"""(topic without prefix, partition) → the first offset that was written, and the one behind the last."""


class Message(NamedTuple):
    """A record to publish; `timestamp` (milliseconds since 1970) is now when not given."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers
    timestamp: int | None = None


class Producer:
    """An idempotent producer whose client is replaced after any failure.

    aiokafka's client never recovers from an OutOfOrderSequence. Publishing again is harmless: facts carry versions.
    """

    def __init__(self, kafka: str, source: str, *, prefix: str = "") -> None:
        self._kafka = kafka
        self._source = source
        self._prefix = prefix
        self._client: AIOKafkaProducer | None = None
        self._stopped = False
        self._lock = asyncio.Lock()

    async def publish(self, events: Sequence[Outgoing]) -> Written:
        """Where the events are, once all in-sync replicas have acknowledged every one. Raises KafkaError, or
        TimeoutError after ACKNOWLEDGED_WITHIN seconds."""
        source = self._source
        return await self.send(
            [Message(e.topic, e.key.encode(), e.value, cloudevent_headers(e, source)) for e in events]
        )

    async def send(self, messages: Sequence[Message]) -> Written:
        """As `publish`, for ready-made messages. Raises ProducerClosed after `stop`."""
        if not messages:
            return {}
        async with self._lock:
            try:
                async with asyncio.timeout(ACKNOWLEDGED_WITHIN):
                    return await self._send(messages)
            except (KafkaError, TimeoutError, OSError):
                await self._discard()
                raise

    async def stop(self) -> None:
        """For good: whoever still publishes afterwards would start a client that nobody stops."""
        self._stopped = True
        async with self._lock:
            await self._discard()

    async def _send(self, messages: Sequence[Message]) -> Written:
        client = await self._started()
        by_topic: dict[str, list[Message]] = defaultdict(list)
        for message in messages:
            by_topic[self._prefix + message.topic].append(message)
        by_partition: dict[tuple[str, int], list[Message]] = defaultdict(list)
        for topic, own in by_topic.items():
            count = len(await client.partitions_for(topic))
            partitions = partitions_of([message.key or b"" for message in own], count)
            for partition, message in zip(partitions, own, strict=True):
                by_partition[topic, partition].append(message)
        sending = (_send_in_order(client, *target, batch) for target, batch in by_partition.items())
        ranges = await asyncio.gather(*sending)
        places = [(topic.removeprefix(self._prefix), partition) for topic, partition in by_partition]
        return {place: found for place, found in zip(places, ranges, strict=True) if found is not None}

    async def _started(self) -> AIOKafkaProducer:
        if self._stopped:
            raise ProducerClosed
        if self._client is None:
            client = AIOKafkaProducer(
                **aiokafka_options(self._kafka),
                enable_idempotence=True,
                acks="all",
                max_batch_size=BATCH_BYTES,
                max_request_size=BATCH_BYTES,
                compression_type=COMPRESSION,
                request_timeout_ms=REQUEST_TIMEOUT_MS,
            )
            self._client = client
            await client.start()
        return self._client

    async def _discard(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            # A broken client would flush for ever; what it holds was not acknowledged and is published again.
            stopping = asyncio.ensure_future(client.stop())
            await asyncio.wait([stopping], timeout=STOPPED_WITHIN)
            stopping.cancel()
            # A stop that is cut short leaves its sender running for ever.
            sending = [client._sender.sender_task] if client._sender.sender_task is not None else []
            for task in sending:
                task.cancel()
            await asyncio.gather(stopping, *sending, return_exceptions=True)


async def _send_in_order(
    client: AIOKafkaProducer, topic: str, partition: int, messages: Iterable[Message]
) -> tuple[int, int] | None:
    acknowledgements: list[Any] = []
    count = 0
    batch = client.create_batch()
    for _, key, value, pairs, timestamp in messages:
        headers = pairs if isinstance(pairs, list) else list(pairs)
        if batch.append(key=key, value=value, timestamp=timestamp, headers=headers) is None:
            batch.close()
            acknowledgements.append(await client.send_batch(batch, topic, partition=partition))
            batch = client.create_batch()
            if batch.append(key=key, value=value, timestamp=timestamp, headers=headers) is None:
                raise MessageSizeTooLargeError(f"a record of {len(value or b'')} bytes is larger than a batch")
            count = 0
        count += 1
    batch.close()
    acknowledgements.append(await client.send_batch(batch, topic, partition=partition))
    answers = await asyncio.gather(*acknowledgements)
    first, last = answers[0].offset, answers[-1].offset
    return (first, last + count) if first >= 0 and last >= 0 else None  # -1: a duplicate, whose place is not told
