"""FastStream carries the records from Kafka to the consumer; what it would decide by itself is taken out of its hands.

Not parsed: its parser decodes every header and drops a whole batch, silently, for one that is not UTF-8. Not
acknowledged: the database knows where we stand.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import chain
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import ConsumerStoppedError, KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.message import KafkaMessage

from shared.bus.records import Record

CLOSED_WITHIN = 3.0
BACKLOG = 1_000
"""So many records at once say that we are behind."""
BACKLOG_WAIT_MS = 1_000
"""For records that the broker holds for sure; they come as soon as it gets to it."""


class Transport:
    """One run of the Kafka client: from `start` to `stop`, then it is thrown away."""

    def __init__(
        self,
        kafka: str,
        topics: Sequence[str],
        group: str,
        *,
        receive: Callable[[list[Record]], Awaitable[None]],
        listener: ConsumerRebalanceListener,
        max_records: int,
        linger_ms: int,
    ) -> None:
        self._max_records = max_records
        self._broker = KafkaBroker(kafka, logger=None)
        self._subscriber = self._broker.subscriber(
            *topics,
            group_id=group,
            batch=True,
            ack_policy=AckPolicy.MANUAL,
            auto_offset_reset="earliest",
            parser=_unparsed,
            decoder=_as_it_is,
            listener=listener,
            max_records=max_records,
            batch_timeout_ms=linger_ms,
            max_partition_fetch_bytes=1 << 20,
            fetch_max_wait_ms=100,
            session_timeout_ms=6_000,
            heartbeat_interval_ms=1_500,
            rebalance_timeout_ms=30_000,
        )

        @self._subscriber
        async def handle(message: Any) -> None:
            await receive(await self._filled(list(message.raw_message)))

    @property
    def client(self) -> AIOKafkaConsumer | None:
        """The Kafka client; None before the start."""
        return self._subscriber.consumer

    async def start(self) -> None:
        await self._broker.start()

    async def stop(self) -> bool:
        """Leave the group; False when the client did not stop in time."""
        closing = asyncio.ensure_future(self._broker.stop())
        done, _ = await asyncio.wait([closing], timeout=CLOSED_WITHIN)
        if not done:
            closing.cancel()
        await asyncio.gather(closing, return_exceptions=True)
        return bool(done)

    async def _filled(self, records: list[Record]) -> list[Record]:
        """The batch as large as the backlog allows: large ones cost less for each record. It takes several fetches,
        since small ones let the client use its buffers again."""
        client = self.client
        if client is None or len(records) < BACKLOG:
            return records
        last = {(record.topic, record.partition): record.offset for record in records}
        read = {TopicPartition(*place): offset + 1 for place, offset in last.items()}
        while len(records) < self._max_records:
            wait_ms = BACKLOG_WAIT_MS if _more_to_come(client, read) else 0
            try:
                found = await client.getmany(timeout_ms=wait_ms, max_records=self._max_records - len(records))
            except (KafkaError, ConsumerStoppedError):  # the next poll meets it again, and FastStream knows what to do
                break
            if not found:
                break
            records.extend(chain.from_iterable(found.values()))
            read |= {partition: run[-1].offset + 1 for partition, run in found.items()}
        return records


def _more_to_come(client: AIOKafkaConsumer, read: Mapping[TopicPartition, int]) -> bool:
    """Whether the broker holds more of these partitions than was `read` (next offsets), as far as fetches told."""
    ours = client.assignment()
    return any((client.highwater(tp) or 0) > offset for tp, offset in read.items() if tp in ours)


async def _unparsed(records: tuple[Any, ...]) -> KafkaMessage:
    return KafkaMessage(raw_message=records, body=b"", consumer=None)  # type: ignore[arg-type]


async def _as_it_is(message: Any) -> Any:
    return message
