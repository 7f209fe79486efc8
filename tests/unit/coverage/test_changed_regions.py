"""What the streams of a process share: one question a second, and no change missed."""

import asyncio
from typing import Any, cast

import pytest

from services.coverage import changed_regions
from services.coverage.changed_regions import ChangedRegions


class Scripted(ChangedRegions):
    """Finds what it is given."""

    def __init__(self) -> None:
        super().__init__(cast(Any, None))
        self.asked = 0
        self.next: dict[int, list[str]] = {}

    async def _fresh(self) -> dict[int, list[str]]:
        self.asked += 1
        await asyncio.sleep(0)
        found, self.next = self.next, {}
        return found


async def test_200_streams_ask_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changed_regions, "POLL_SECONDS", 1e9)
    changed = Scripted()
    position = await changed.position()
    assert await asyncio.gather(*(changed.after(position) for _ in range(200))) == [(0, [])] * 200
    assert changed.asked == 1


async def test_each_stream_gets_every_change_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changed_regions, "POLL_SECONDS", 0)
    changed = Scripted()
    changed.next = {1: ["11.01"]}
    early = await changed.position()
    changed.next = {2: ["33.11"], 4: ["31.71"]}
    first, regions = await changed.after(early)
    assert regions == ["31.71", "33.11"]
    changed.next = {3: ["33.11", "36.71"]}
    assert await changed.after(first) == (first + 1, ["33.11", "36.71"])
    assert await changed.after(early) == (first + 1, ["31.71", "33.11", "36.71"]), "a slow stream as well"
    assert await changed.after(first + 1) == (first + 1, [])


async def test_a_stream_that_is_too_late_gets_what_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changed_regions, "POLL_SECONDS", 0)
    changed = Scripted()
    position = await changed.position()
    changed.next = {batch: [f"{batch:05}"] for batch in range(1, changed_regions.LATE_BATCHES + 11)}
    _, regions = await changed.after(position)
    assert len(regions) == changed_regions.LATE_BATCHES
