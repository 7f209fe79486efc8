"""A count is asked for once while nobody writes, by however many at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from services.registration import kept_counts
from services.registration.kept_counts import KeptCounts
from services.registration.queries import queries


class Pool:
    """Answers every query with how often it was asked, and with its arguments."""

    def __init__(self) -> None:
        self.written_at = datetime(2026, 2, 2, tzinfo=UTC)
        self.asked = 0
        self.size = 1

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator["Pool"]:
        yield self

    transaction = acquire

    async def execute(self, query: str) -> None:
        assert query == queries["plan_to_count"]

    async def fetchval(self, query: str) -> datetime:
        assert query == queries["last_written"]
        return self.written_at

    async def fetch(self, query: str, *arguments: Any) -> list[Any]:
        assert query == queries["lists"]
        self.asked += 1
        await asyncio.sleep(0)
        return [(self.asked, *arguments)] * self.size


async def test_it_is_asked_anew_once_something_was_written() -> None:
    pool = Pool()
    counts = KeptCounts(cast(Any, pool))
    together = await asyncio.gather(*(counts.fetch("lists", "dinas", ["33.11"]) for _ in range(5)))
    assert together == [[(1, "dinas", ["33.11"])]] * 5
    assert await counts.fetch("lists", "dinas", ["33.11"]) == together[0]
    assert await counts.fetch("lists", "lain", ["33.11"]) == [(2, "lain", ["33.11"])]
    pool.written_at += timedelta(microseconds=1)
    assert await counts.fetch("lists", "dinas", ["33.11"]) == [(3, "dinas", ["33.11"])]


async def test_what_is_written_while_it_is_counted_is_not_taken_for_counted() -> None:
    pool = Pool()
    counts = KeptCounts(cast(Any, pool))
    asking = asyncio.create_task(counts.fetch("lists", "dinas"))
    await asyncio.sleep(0)
    pool.written_at += timedelta(microseconds=1)
    await asking
    assert await counts.fetch("lists", "dinas") == [(2, "dinas")]


async def test_little_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_counts, "MOST_ROWS", 20)
    pool = Pool()
    counts = KeptCounts(cast(Any, pool))
    for number in range(50):
        await counts.fetch("lists", str(number))
    assert [asked[1] for asked in counts._kept] == [(str(number),) for number in range(40, 50)]
    pool.size = 15
    await counts.fetch("lists", "50")
    assert [len(rows) for _, rows in counts._kept.values()] == [1, 1, 15]
    pool.size = 100
    assert len(await counts.fetch("lists", "gross")) == 100
    assert not counts._kept
    assert not counts._size
