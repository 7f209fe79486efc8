"""Answers that took long are kept for a while, and never computed twice at once."""

import asyncio
from itertools import count

import pytest

from services.coverage.slow_answers import KEPT_FACTOR, SLOW_SECONDS, SlowAnswers


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_only_an_answer_that_took_long_is_given_again_and_not_for_ever() -> None:
    clock, number = Clock(), count(1)
    answers = SlowAnswers(clock)

    async def compute(seconds: float) -> int:
        clock.now += seconds
        return next(number)

    assert [await answers.answer("quick", lambda: compute(0.25)) for _ in range(2)] == [1, 2]
    assert [await answers.answer("slow", lambda: compute(SLOW_SECONDS)) for _ in range(2)] == [3, 3]
    assert await answers.answer("other", lambda: compute(0)) == 4
    clock.now += KEPT_FACTOR * SLOW_SECONDS
    assert await answers.answer("slow", lambda: compute(0)) == 5


async def test_those_who_ask_at_once_share_one_computation_also_when_the_first_goes_away() -> None:
    answers, computed, may_end = SlowAnswers(), [], asyncio.Event()

    async def compute() -> str:
        computed.append(1)
        await may_end.wait()
        return "found"

    first, second = (asyncio.create_task(answers.answer("q", compute)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    may_end.set()
    assert await second == "found"
    assert computed == [1]
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_a_failure_is_everybodys_and_not_kept() -> None:
    answers = SlowAnswers()

    async def fail() -> str:
        raise OSError

    async def succeed() -> str:
        return "found"

    both = await asyncio.gather(*(answers.answer("q", fail) for _ in range(2)), return_exceptions=True)
    assert [type(each) for each in both] == [OSError, OSError]
    assert await answers.answer("q", succeed) == "found"
