"""The consumer waits for records instead of polling: an idle service costs next to nothing."""

from types import SimpleNamespace
from typing import Any

from aiokafka import TopicPartition

from shared.bus.transport import FETCH_WAIT_MS, QUIET_FETCH_WAIT_MS, QUIET_POLLS, Transport
from tests.unit.shared.test_delays import NOON, record_at

NONE: Any = None


class Answering:
    """A client whose polls return these records, and that knows how long each was ready to wait."""

    def __init__(self, *found: dict[TopicPartition, list[Any]]) -> None:
        self._found, self.waited_ms = list(found), list[int]()
        self._fetcher = SimpleNamespace(_fetch_max_wait_ms=0, _fetcher_timeout=0.0)

    @property
    def fetch_wait_ms(self) -> int:
        return int(self._fetcher._fetch_max_wait_ms)

    async def getmany(self, *, timeout_ms: int, max_records: int) -> dict[TopicPartition, list[Any]]:
        self.waited_ms.append(timeout_ms)
        return self._found.pop(0)


def started() -> Transport:
    return Transport("localhost:1", ["facts"], "tiny", receive=NONE, listener=NONE, max_records=10, linger_ms=1_000)


async def test_a_poll_waits_in_the_client_and_nothing_sleeps_after_it() -> None:
    transport = started()
    one, two = record_at(0, 5, NOON), record_at(1, 7, NOON)
    client: Any = Answering({}, {TopicPartition("facts", 0): [one], TopicPartition("facts", 1): [two]})
    assert await transport._subscriber.get_msg(client) == ()
    assert await transport._subscriber.get_msg(client) == (one, two)
    assert client.waited_ms == [1_000, 1_000]


async def test_only_where_nothing_came_for_a_while_the_broker_may_wait_longer() -> None:
    """A partition that is worked off while others are asked for would have to wait as long."""
    transport = started()
    found = {TopicPartition("facts", 0): [record_at(0, 5, NOON)]}
    client: Any = Answering(*[{}] * QUIET_POLLS, found, {})
    waits = []
    for _ in range(QUIET_POLLS + 2):
        await transport._subscriber.get_msg(client)
        waits.append(client.fetch_wait_ms)
    assert waits == [*[FETCH_WAIT_MS] * (QUIET_POLLS - 1), QUIET_FETCH_WAIT_MS, FETCH_WAIT_MS, FETCH_WAIT_MS]
