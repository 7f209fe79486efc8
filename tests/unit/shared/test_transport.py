"""How a batch is filled from several fetches, with a client whose fetches the test gives."""

import asyncio
import inspect
from types import SimpleNamespace

from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.consumer.fetcher import Fetcher
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.errors import KafkaError

from shared.bus import transport
from shared.bus.transport import (
    BACKLOG_RECORDS,
    BACKLOG_WAIT_MS,
    FLOWS,
    fill_batch,
    set_fetch_wait,
    with_at_hand,
)

FLOW_RECORDS = min(records for records, _ in FLOWS)
P0, P1 = TopicPartition("partners", 0), TopicPartition("partners", 1)


def records(partition, start, stop):
    topic, number = partition
    return [ConsumerRecord(topic, number, offset, 0, 0, b"k", b"{}", None, 1, 2, ()) for offset in range(start, stop)]


class Fetches:
    """A client that returns one fetch a poll, with the broker's ends of the partitions."""

    def __init__(self, *fetches, ends):
        self.fetches, self.ends, self.waits = list(fetches), ends, []

    def assignment(self):
        return set(self.ends)

    def highwater(self, partition):
        return self.ends[partition]

    async def getmany(self, *, timeout_ms, max_records):
        self.waits.append(timeout_ms)
        fetch = self.fetches.pop(0) if self.fetches else {}
        if isinstance(fetch, Exception):
            raise fetch
        return {partition: found[:max_records] for partition, found in fetch.items()}


async def test_a_small_poll_is_a_batch_as_it_is():
    client = Fetches({P0: records(P0, 10, 20)}, ends={P0: 20})
    poll = records(P0, 0, FLOW_RECORDS - 1)
    assert await fill_batch(client, list(poll), 5_000) == poll
    assert client.waits == []


async def test_while_records_flow_a_batch_takes_those_of_the_next_moment_and_waits_for_no_others():
    client = Fetches({P0: records(P0, FLOW_RECORDS, 90)}, ends={P0: 9_000})
    assert await fill_batch(client, records(P0, 0, FLOW_RECORDS), 5_000) == records(P0, 0, 90)
    assert client.waits == [0, 0]


async def test_a_backlog_is_filled_until_the_broker_holds_no_more():
    client = Fetches({P1: records(P1, 0, 900)}, {P0: records(P0, 1_000, 2_500)}, ends={P0: 2_500, P1: 900})
    batch = await fill_batch(client, records(P0, 0, 1_000), 5_000)
    assert batch == records(P0, 0, 1_000) + records(P1, 0, 900) + records(P0, 1_000, 2_500)
    assert client.waits == [BACKLOG_WAIT_MS, BACKLOG_WAIT_MS, 0]


async def test_a_batch_has_no_more_than_its_largest_size():
    client = Fetches({P0: records(P0, 1_000, 2_000)}, ends={P0: 9_000})
    assert await fill_batch(client, records(P0, 0, 1_000), 1_500) == records(P0, 0, 1_500)


async def test_nothing_is_waited_for_on_a_partition_that_was_revoked():
    client = Fetches(ends={P1: 0})
    assert len(await fill_batch(client, records(P0, 0, 1_000), 5_000)) == 1_000
    assert client.waits == [0]


async def test_a_batch_is_what_there_is_when_the_broker_is_slow_or_fails():
    for trouble in ({}, KafkaError()):
        client = Fetches({P0: records(P0, 1_000, 1_200)}, trouble, ends={P0: 9_000})
        assert len(await fill_batch(client, records(P0, 0, 1_000), 5_000)) == 1_200


async def test_before_the_client_is_started_a_poll_stays_as_it_is():
    assert len(await fill_batch(None, records(P0, 0, transport.BACKLOG_RECORDS), 5_000)) == BACKLOG_RECORDS


class AtHand(Fetches):
    """A client that has fetched these records."""

    def __init__(self, held):
        super().__init__(ends=dict.fromkeys(held, 9_000))
        self.held = held

    async def getmany(self, *partitions, timeout_ms, max_records):
        self.waits.append(timeout_ms)
        return {partition: self.held[partition][:max_records] for partition in partitions}


async def test_a_batch_also_has_what_is_at_hand_of_the_topics_ahead_behind_what_it_has_of_them():
    c0 = TopicPartition("contacts", 0)
    client = AtHand({P0: records(P0, 5, 9), c0: records(c0, 2, 900)})
    batch = records(c0, 0, 2) + records(P0, 0, 5)
    assert await with_at_hand(client, list(batch), ["contacts"], 10) == batch + records(c0, 2, 12)
    assert client.waits == [0]


class Fetching(Fetches):
    """A client that fails."""

    def __init__(self, trouble):
        super().__init__(ends={P0: 9_000})
        self.trouble = trouble

    async def getmany(self, *partitions, timeout_ms, max_records):
        raise self.trouble


async def test_nothing_is_taken_at_hand_where_no_topic_is_ahead_or_the_client_fails():
    batch = records(P0, 0, 5)
    for client, topics in ((AtHand({P0: []}), []), (AtHand({P0: []}), ["contacts"]), (None, ["partners"])):
        assert await with_at_hand(client, list(batch), topics, 10) == batch
    assert await with_at_hand(Fetching(KafkaError()), list(batch), ["partners"], 10) == batch


async def test_a_quiet_client_asks_less_often_and_a_started_one_can_be_told_so():
    """What is set is aiokafka's own: a release that names it otherwise would silently ask ten times a second."""
    client = type("NotStarted", (), {"_fetcher": None})()
    set_fetch_wait(client, 1_000)
    made = inspect.signature(Fetcher.__init__).parameters
    assert made["fetcher_timeout"].default == transport.FETCHER_LOOKS_EVERY
    client._fetcher = type("Fetching", (), {"_fetch_max_wait_ms": 100, "_fetcher_timeout": 0.2})()
    for milliseconds, looks in ((1_000, 1.0), (100, 0.2)):
        set_fetch_wait(client, milliseconds)
        assert (client._fetcher._fetch_max_wait_ms, client._fetcher._fetcher_timeout) == (milliseconds, looks)
    source = inspect.getsource(Fetcher)
    assert "self._fetch_max_wait_ms," in source
    assert "backoff = self._fetcher_timeout" in source


class CutShort(GroupCoordinator):
    """Parts of a client of which requests were cancelled when its stop was cut short."""

    def __init__(self):
        self.has_left = False

    async def close(self):
        raise asyncio.CancelledError

    _stop_heartbeat_task = close

    async def _maybe_leave_group(self):
        self.has_left = True


async def test_requests_that_were_cancelled_with_a_stop_do_not_end_the_consumer():
    parts = CutShort()
    await transport._abandon(SimpleNamespace(_coordinator=parts, _fetcher=parts, _client=parts))
    assert parts.has_left
