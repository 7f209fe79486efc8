"""Long loops that let others have their turn: requests are answered and keys revoked while thousands are computed."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import TypeVar

T = TypeVar("T")

EVERY = 50
"""Items after which the other tasks of the event loop run: some milliseconds of the loops that use this."""


async def in_turns(items: Iterable[T]) -> AsyncIterator[T]:
    """The items in their order."""
    for number, item in enumerate(items, 1):
        yield item
        if number % EVERY == 0:
            await asyncio.sleep(0)
