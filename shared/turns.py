"""Long loops that let others have their turn: requests are answered and keys revoked while thousands are computed."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from typing import TypeVar

T = TypeVar("T")

EVERY = 50
"""Items after which the other tasks of the event loop run: some milliseconds of the loops that use this."""


async def in_turns(items: Iterable[T], size: Callable[[T], int] = lambda _: 1) -> AsyncIterator[T]:
    """The items in their order; one of `size` 10 counts as ten."""
    since = 0
    for item in items:
        yield item
        since += size(item)
        if since >= EVERY:
            since = 0
            await asyncio.sleep(0)
