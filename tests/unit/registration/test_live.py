"""Many who watch uploads cost one look at the database together."""

import asyncio
from contextlib import aclosing
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.registration.web import live
from services.registration.web.live import ImportWatch
from shared.database import UNAVAILABLE
from tests.waiting import eventually


class Pool:
    """Finds every upload asked for, at a position that grows with each look."""

    def __init__(self) -> None:
        self.looks: list[set[UUID]] = []
        self.is_away = False
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def fetch(self, _: str, import_ids: list[UUID]) -> list[dict[str, Any]]:
        self.looks.append(set(import_ids))
        await self.may_answer.wait()
        if self.is_away:
            raise UNAVAILABLE[0]
        return [{"import_id": each, "next_position": len(self.looks)} for each in import_ids]


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Pool:
    monkeypatch.setattr(live, "ASKED_EVERY", 0)
    return Pool()


async def positions(watch: ImportWatch, import_id: UUID, count: int) -> list[int]:
    found = []
    async with aclosing(watch.of(import_id)) as looks:
        async for record in looks:
            assert record is not None
            found.append(record["next_position"])
            if len(found) == count:
                break
    return found


async def test_all_watchers_share_each_look(pool: Pool) -> None:
    watch: ImportWatch = ImportWatch(pool)  # type: ignore[arg-type]
    first, second = uuid4(), uuid4()
    found = await asyncio.gather(*(positions(watch, each, 5) for each in (first, second) for _ in range(100)))
    assert all(each == found[0] for each in found)
    assert pool.looks[:5] == [{first, second}] * 5
    looks = len(pool.looks)
    for _ in range(10):
        await asyncio.sleep(0)
    assert len(pool.looks) <= looks + 1  # nobody watches any more
    assert len(await positions(watch, first, 1)) == 1


async def test_while_the_database_is_away_nothing_is_known(pool: Pool) -> None:
    watch: ImportWatch = ImportWatch(pool)  # type: ignore[arg-type]
    pool.is_away = True
    async with aclosing(watch.of(uuid4())) as looks:
        assert await anext(looks) is None
        pool.is_away = False
        assert await anext(looks) is not None


async def test_who_comes_during_a_look_waits_for_another_one(pool: Pool) -> None:
    watch: ImportWatch = ImportWatch(pool)  # type: ignore[arg-type]
    pool.may_answer.clear()
    first = asyncio.create_task(positions(watch, uuid4(), 3))
    await eventually(lambda: len(pool.looks) == 1)
    late = asyncio.create_task(positions(watch, uuid4(), 1))
    await asyncio.sleep(0)
    pool.may_answer.set()
    (position,) = await late
    assert position > 1
    await first
