"""Long loops let other tasks run."""

import asyncio

from shared.turns import EVERY, in_turns


async def test_others_have_their_turn_within_a_long_loop() -> None:
    turns, done = [], False

    async def other() -> None:
        while not done:
            turns.append(len(seen))
            await asyncio.sleep(0)

    seen: list[int] = []
    task = asyncio.create_task(other())
    async for number in in_turns(range(10 * EVERY)):
        seen.append(number)
    done = True
    await task
    assert seen == list(range(10 * EVERY))
    assert {EVERY * turn for turn in range(1, 11)} <= set(turns)
