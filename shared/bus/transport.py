"""FastStream carries the records from Kafka to the consumer, which decides everything else.

It does not parse: its parser decodes every header and drops a whole batch, silently, for one that is not UTF-8. It does
not acknowledge: the database holds our offsets.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from itertools import chain
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.errors import ConsumerStoppedError, KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.message import KafkaMessage
from faststream.security import BaseSecurity, SASLPlaintext, SASLScram512

from shared.bus.kafka_url import KafkaUrl, aiokafka_options
from shared.bus.records import Record
from shared.bus.unreadable_batches import read_records

CLOSED_WITHIN = 3.0
"""Seconds that the client may take to leave the group."""

ABANDONED_WITHIN = 2.0
"""Seconds that one which did not may take to be taken out of it."""

FETCH_BYTES = 1 << 20
"""Bytes of one partition that the broker returns at once."""

FETCH_WAIT_MS = 100
"""The broker answers earlier as soon as it has a record; but a partition that becomes ours or was worked off is only
asked for again once the request under way is answered, so that a longer wait would delay what comes next."""

FETCHER_LOOKS_EVERY = 0.2
"""aiokafka's own, in seconds."""

QUIET_POLLS = 3
"""Polls in a row that found nothing, after which nothing is under way that a longer wait could delay."""

QUIET_FETCH_WAIT_MS = 2_000
"""The same wait while it is quiet: a twentieth of the requests; what comes then is answered at once all the same."""
SESSION_TIMEOUT_MS = 6_000
HEARTBEAT_MS = 2_000
REBALANCE_TIMEOUT_MS = 30_000

FLOWS = ((200, 50), (5, 15))
"""A poll that returns so many records means that they flow: the batch also takes those of the next so many
milliseconds, since a batch costs the same dozen statements for ten records and for hundreds. A record that comes now
and then does not wait."""

BACKLOG_RECORDS = 1_000
"""A poll that returns so many records means that we are behind: the batch is then filled up."""

BACKLOG_WAIT_MS = 1_000
"""Milliseconds to wait for records that the broker is known to hold."""


class Transport:
    """One life of the Kafka client, from `start` to `stop`. `receive` gets the records of one batch at a time.

    Of the topics `ahead` a batch also has what was fetched already, up to `max_records` more.
    """

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
        ahead: Sequence[str] = (),
    ) -> None:
        self._broker = KafkaBroker(
            KafkaUrl.parse(kafka).servers,
            security=_security(kafka),
            logger=None,
            consumer_only=True,  # its producer would be an idle client more, and stay open when the stop is cut short
        )
        self._subscriber = self._broker.subscriber(
            *topics,
            group_id=group,
            batch=True,
            ack_policy=AckPolicy.MANUAL,
            auto_offset_reset="earliest",
            parser=_unparsed,
            decoder=_undecoded,
            listener=listener,
            max_records=max_records,
            batch_timeout_ms=linger_ms,
            max_partition_fetch_bytes=FETCH_BYTES,
            fetch_max_wait_ms=FETCH_WAIT_MS,
            session_timeout_ms=SESSION_TIMEOUT_MS,
            heartbeat_interval_ms=HEARTBEAT_MS,
            rebalance_timeout_ms=REBALANCE_TIMEOUT_MS,
        )

        self._stopping = False
        quiet = 0

        async def next_records(client: AIOKafkaConsumer) -> tuple[Record, ...]:
            """Instead of FastStream's own, which sleeps after a poll that found nothing and so must poll often."""
            nonlocal quiet
            found = await read_records(client, timeout_ms=linger_ms, max_records=max_records)
            quiet = 0 if found else quiet + 1
            set_fetch_wait(client, QUIET_FETCH_WAIT_MS if quiet >= QUIET_POLLS else FETCH_WAIT_MS)
            return tuple(chain.from_iterable(found.values()))

        self._subscriber.get_msg = next_records  # type: ignore[method-assign, assignment]

        @self._subscriber
        async def handle(message: Any) -> None:
            records = list(message.raw_message)
            message.raw_message = ()  # the message is part of a cycle: whole batches would wait for the collector
            records = await fill_batch(self.client, records, max_records)
            await receive(await with_at_hand(self.client, records, ahead, max_records))

    @property
    def client(self) -> AIOKafkaConsumer | None:
        """The Kafka client; None before the start, and as soon as it is to stop."""
        return None if self._stopping else self._subscriber.consumer

    async def start(self) -> None:
        await self._broker.start()

    async def stop(self) -> bool:
        """Leave the group; False when the client did not stop in time."""
        self._stopping, client = True, self._subscriber.consumer
        closing = asyncio.ensure_future(self._broker.stop())
        done, _ = await asyncio.wait([closing], timeout=CLOSED_WITHIN)
        if not done:
            closing.cancel()
        (failed,) = await asyncio.gather(closing, return_exceptions=True)
        if failed is not None and client is not None:
            with suppress(KafkaError, TimeoutError):
                async with asyncio.timeout(ABANDONED_WITHIN):
                    await _abandon(client)
            await _ended(client._client.close())
        return bool(done)


async def _abandon(client: AIOKafkaConsumer) -> None:
    """End what a stop that was cut short leaves behind: a client that goes on telling the broker that it lives, but
    joins no more, and for which the whole group waits REBALANCE_TIMEOUT_MS."""
    coordinator, fetcher, connections = client._coordinator, client._fetcher, client._client
    if fetcher is not None:
        await _ended(fetcher.close())
    if isinstance(coordinator, GroupCoordinator):
        await _ended(coordinator._stop_heartbeat_task())
        await _ended(connections.close())  # a request to join that is under way would hold back the one to leave
        await coordinator._maybe_leave_group()


async def _ended(ending: Awaitable[None]) -> None:
    """Wait for it. A request that it waits for may have been cancelled by the stop that was cut short: that is no
    cancellation of ours, and would end the whole consumer."""
    await asyncio.gather(asyncio.ensure_future(ending), return_exceptions=True)


def set_fetch_wait(client: AIOKafkaConsumer, milliseconds: int) -> None:
    """How long the broker may wait for records in the next requests, and how often the client looks for something to
    ask for beside what wakes it. aiokafka has no setting for a started client."""
    fetcher: Any = client._fetcher
    if fetcher is not None:
        fetcher._fetch_max_wait_ms = milliseconds
        fetcher._fetcher_timeout = max(FETCHER_LOOKS_EVERY, milliseconds / 1000)


async def fill_batch(client: AIOKafkaConsumer | None, records: list[Record], max_records: int) -> list[Record]:
    """The batch as large as the backlog allows, `max_records` at most: large batches cost less for each record.

    A poll of few stays as it is. Otherwise further fetches are added, those of the next moment (FLOWS) or, of a
    backlog, all that the broker is known to hold; several small ones, since the client reuses their buffers.
    """
    flow_ms = next((wait_ms for least, wait_ms in FLOWS if len(records) >= least), 0)
    if client is None or not flow_ms:
        return records
    is_backlog = len(records) >= BACKLOG_RECORDS
    if not is_backlog:
        await asyncio.sleep(flow_ms / 1000)
    last = {(record.topic, record.partition): record.offset for record in records}
    next_offsets = {TopicPartition(*place): offset + 1 for place, offset in last.items()}
    while len(records) < max_records:
        wait_ms = BACKLOG_WAIT_MS if is_backlog and _has_more(client, next_offsets) else 0
        try:
            found = await read_records(client, timeout_ms=wait_ms, max_records=max_records - len(records))
        except (KafkaError, ConsumerStoppedError):  # the next poll raises it again, and FastStream handles it there
            break
        if not found:
            break
        records.extend(chain.from_iterable(found.values()))
        next_offsets |= {partition: run[-1].offset + 1 for partition, run in found.items()}
    return records


async def with_at_hand(
    client: AIOKafkaConsumer | None, records: list[Record], topics: Sequence[str], most: int
) -> list[Record]:
    """The batch, and behind it what the client holds of these topics without asking the broker."""
    ours = [tp for tp in client.assignment() if tp.topic in topics] if client is not None and topics else []
    if client is None or not ours:
        return records
    try:
        found = await read_records(client, *ours, max_records=most)
    except (KafkaError, ConsumerStoppedError):  # as above
        return records
    return [*records, *chain.from_iterable(found.values())]


def _has_more(client: AIOKafkaConsumer, next_offsets: Mapping[TopicPartition, int]) -> bool:
    """Whether the broker holds more of these partitions, by the ends that came with the last fetches."""
    ours = client.assignment()
    return any((client.highwater(tp) or 0) > offset for tp, offset in next_offsets.items() if tp in ours)


def _security(kafka: str) -> BaseSecurity | None:
    url = KafkaUrl.parse(kafka)
    if url.mechanism is None:
        return None
    made = SASLPlaintext if url.mechanism == "PLAIN" else SASLScram512
    return made(url.user, url.password, ssl_context=aiokafka_options(kafka)["ssl_context"])


async def _unparsed(records: tuple[Any, ...]) -> KafkaMessage:
    return KafkaMessage(raw_message=records, body=b"", consumer=None)  # type: ignore[arg-type]


async def _undecoded(message: Any) -> Any:
    return message
