"""The consumer waits for records instead of polling: an idle service costs next to nothing."""

from typing import Any

from aiokafka import TopicPartition

from shared.bus.transport import Transport
from tests.unit.shared.test_delays import NOON, record_at

NONE: Any = None


class Answering:
    """A client whose polls return these records, and that knows how long each was ready to wait."""

    def __init__(self, *found: dict[TopicPartition, list[Any]]) -> None:
        self._found, self.waited_ms = list(found), list[int]()

    async def getmany(self, *, timeout_ms: int, max_records: int) -> dict[TopicPartition, list[Any]]:
        self.waited_ms.append(timeout_ms)
        return self._found.pop(0)


async def test_a_poll_waits_in_the_client_and_nothing_sleeps_after_it() -> None:
    transport = Transport(
        "localhost:1", ["facts"], "tiny", receive=NONE, listener=NONE, max_records=10, linger_ms=1_000
    )
    one, two = record_at(0, 5, NOON), record_at(1, 7, NOON)
    client: Any = Answering({}, {TopicPartition("facts", 0): [one], TopicPartition("facts", 1): [two]})
    assert await transport._subscriber.get_msg(client) == ()
    assert await transport._subscriber.get_msg(client) == (one, two)
    assert client.waited_ms == [1_000, 1_000]
