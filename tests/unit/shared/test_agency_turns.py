"""Requests of one agency wait for each other, and nobody else waits for them."""

import asyncio
from typing import Any

import pytest
from starlette.requests import Request

from shared.agency_turns import AT_ONCE, LARGE_AT_ONCE, MOST_WAITING, AgencyTurns, is_large
from shared.security import PRINCIPAL, Principal
from tests.waiting import eventually


class Work:
    """An application whose requests take until they may end."""

    def __init__(self, media_type: bytes = b"") -> None:
        self.under_way: list[str | None] = []
        self.may_end = asyncio.Event()
        self.media_type = media_type

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.under_way.append(scope[PRINCIPAL].agency)
        if self.media_type:
            await send({"type": "http.response.start", "headers": [(b"content-type", self.media_type)]})
        await self.may_end.wait()


class Client:
    def __init__(self, work: Work) -> None:
        self.turns = AgencyTurns(work)
        self.sent: list[Any] = []

    def send(self, agency: str, **headers: str) -> asyncio.Task[None]:
        async def keep(message: Any) -> None:
            self.sent.append(message)

        encoded = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        scope = {"type": "http", "headers": encoded, PRINCIPAL: Principal(agency=agency)}
        return asyncio.create_task(self.turns(scope, None, keep))  # type: ignore[arg-type]


@pytest.fixture
def work() -> Work:
    return Work()


async def test_others_are_served_while_one_agency_waits_for_itself(work: Work) -> None:
    client = Client(work)
    large = [client.send("a", content_length="9000000") for _ in range(64)]
    await eventually(lambda: work.under_way.count("a") == LARGE_AT_ONCE)
    small = [client.send("a") for _ in range(100)]
    await eventually(lambda: work.under_way.count("a") == AT_ONCE)
    others = [client.send("b", content_length="9000000"), client.send("b"), client.send("c")]
    await eventually(lambda: work.under_way.count("b") == 2 and work.under_way.count("c") == 1)
    assert work.under_way.count("a") == AT_ONCE
    work.may_end.set()
    await asyncio.gather(*large, *small, *others)
    assert work.under_way.count("a") == 164
    assert not client.turns._rooms


async def test_whoever_has_too_many_waiting_is_refused_at_once(work: Work) -> None:
    client = Client(work)
    waiting = [client.send("a") for _ in range(AT_ONCE + MOST_WAITING)]
    await eventually(lambda: work.under_way.count("a") == AT_ONCE)
    await client.send("a")
    (head, _) = client.sent
    assert head["status"] == 429
    assert (b"retry-after", b"5") in head["headers"]
    work.may_end.set()
    await asyncio.gather(*waiting)


async def test_a_request_that_was_given_up_leaves_its_turn(work: Work) -> None:
    client = Client(work)
    waiting = [client.send("a", content_length="9000000") for _ in range(LARGE_AT_ONCE + 1)]
    await eventually(lambda: work.under_way.count("a") == LARGE_AT_ONCE)
    waiting[-1].cancel()
    waiting[0].cancel()
    await asyncio.gather(*waiting[:1], *waiting[-1:], return_exceptions=True)
    late = client.send("a", content_length="9000000")
    await eventually(lambda: work.under_way.count("a") == LARGE_AT_ONCE + 1)
    work.may_end.set()
    await asyncio.gather(late, *waiting[1:-1])


async def test_a_stream_gives_its_turn_back_once_it_begins() -> None:
    work = Work(media_type=b"text/event-stream; charset=utf-8")
    client = Client(work)
    streams = [client.send("a") for _ in range(AT_ONCE + 5)]
    await eventually(lambda: work.under_way.count("a") == AT_ONCE + 5)
    assert not client.turns._rooms
    work.may_end.set()
    await asyncio.gather(*streams)
    assert len(client.sent) == AT_ONCE + 5


async def test_no_request_gets_past_its_turn_by_accepting_a_stream(work: Work) -> None:
    client = Client(work)
    waiting = [client.send("a", accept="text/event-stream") for _ in range(AT_ONCE + MOST_WAITING)]
    await eventually(lambda: work.under_way.count("a") == AT_ONCE)
    await client.send("a", accept="text/event-stream")
    assert client.sent[0]["status"] == 429
    work.may_end.set()
    await asyncio.gather(*waiting)


@pytest.mark.parametrize(
    ("headers", "large"),
    [
        ({}, False),
        ({"content-length": "65536"}, False),
        ({"content-length": "65537"}, True),
        ({"content-length": "10000", "content-encoding": "gzip"}, True),
        ({"transfer-encoding": "chunked"}, True),
        ({"content-length": "x"}, True),
        ({"content-length": "9" * 30}, True),
    ],
)
def test_a_large_body_is_known_by_its_headers(headers: dict[str, str], large: bool) -> None:
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    assert is_large(Request({"type": "http", "headers": encoded})) == large
