"""The loop that every part runs in: it rests, wakes, waits for what is down, stops, and reports its true status."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from shared.part import BackOff, Part
from tests.waiting import eventually


class Scripted(Part):
    """Takes one entry of the script for each step, the last one again and again."""

    first_back_off = 0.001
    longest_back_off = 0.004
    stalled_after = 0.05

    def __init__(self, *script: float | Exception | Callable[[], None] | None) -> None:
        super().__init__("scripted")
        self.script = list(script)
        self.steps = 0
        self.closed = False

    async def step(self) -> float | None:
        entry = self.script[min(self.steps, len(self.script) - 1)]
        self.steps += 1
        if isinstance(entry, Exception):
            raise entry
        if callable(entry):
            await asyncio.to_thread(entry)
            return None
        return entry

    async def close(self) -> None:
        self.closed = True


@asynccontextmanager
async def running(part: Part) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(part.run())
    yield task
    await part.stop()
    await asyncio.gather(task, return_exceptions=True)


async def test_it_steps_without_a_rest_while_a_step_returns_zero() -> None:
    part = Scripted(0, 0, None)
    async with running(part):
        await eventually(lambda: part.steps == 3 and part.status().ready)


async def test_waking_ends_the_rest() -> None:
    part = Scripted(60.0)
    async with running(part):
        await eventually(lambda: part.steps == 1)
        part.wake()
        await eventually(lambda: part.steps == 2)


async def test_before_its_first_step_it_is_live_but_not_ready() -> None:
    status = Scripted(None).status()
    assert (status.live, status.ready, status.detail["trouble"]) == (True, False, "starting")


async def test_it_waits_longer_each_time_for_what_is_down() -> None:
    part = Scripted(ConnectionRefusedError(), ConnectionRefusedError(), None)
    seen = []
    part.wait_for = lambda problem, seconds: (seen.append(seconds), Part.wait_for(part, problem, seconds))  # type: ignore[method-assign]
    async with running(part):
        await eventually(lambda: part.status().ready)
    assert seen == [0.001, 0.002]


async def test_waiting_for_what_is_down_is_live_but_not_ready() -> None:
    part = Scripted(ConnectionRefusedError())
    async with running(part):
        await eventually(lambda: part.steps > 5)
        status = part.status()
        assert (status.live, status.ready, status.detail["trouble"]) == (True, False, "ConnectionRefusedError")


async def test_a_step_without_progress_is_not_live() -> None:
    going_on = asyncio.Event()
    loop = asyncio.get_running_loop()
    part = Scripted(lambda: asyncio.run_coroutine_threadsafe(going_on.wait(), loop).result())
    async with running(part):
        await eventually(lambda: not part.status().live)
        part.progressed()
        assert part.status().live
        going_on.set()
        await eventually(lambda: part.status().ready)


async def test_any_other_exception_ends_it_and_its_status_is_not_live() -> None:
    part = Scripted(ZeroDivisionError())
    async with running(part) as task:
        with pytest.raises(ZeroDivisionError):
            await task
        assert not part.status().live
        assert not part.status().ready
        assert part.closed


async def test_being_idle_starts_the_time_without_progress_anew_and_keeps_the_trouble() -> None:
    part = Scripted(None)
    part._busy_since = -1_000_000.0
    assert not part.status().live
    part.idle()
    assert (part.status().live, part.status().ready, part.status().detail["trouble"]) == (True, False, "starting")


def test_a_back_off_doubles_up_to_its_longest_and_starts_again_after_a_reset() -> None:
    back_off = BackOff(0.5, 3.0)
    assert [back_off.next() for _ in range(5)] == [0.5, 1.0, 2.0, 3.0, 3.0]
    back_off.reset()
    assert back_off.next() == 0.5


async def test_stopping_ends_a_rest_and_a_back_off_and_releases_what_it_holds() -> None:
    for script in (None, ConnectionRefusedError()):
        part = Scripted(script)
        part.first_back_off = 60.0  # type: ignore[misc]
        async with running(part) as task:
            await eventually(lambda part=part: part.steps == 1)
        assert task.done()
        assert task.exception() is None
        assert part.closed


async def test_what_may_be_away_does_not_make_it_less_ready_but_shows() -> None:
    part = Scripted(None, ConnectionRefusedError())
    part.tolerates = (ConnectionRefusedError,)
    assert not part.status().ready  # it has not begun
    async with running(part):
        await eventually(lambda: part.status().ready)
        part.wake()
        await eventually(lambda: part.status().detail["trouble"] == "ConnectionRefusedError")
        assert part.status().ready
