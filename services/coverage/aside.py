"""Long computations beside the event loop, so that web routes keep answering."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

FEW = 200
"""So many records are computed sooner than a thread is woken, within a millisecond or two."""


async def aside(records: int, compute: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What `compute` returns, computed in a thread if it is about many records."""
    if records <= FEW:
        return compute(*args, **kwargs)
    return await asyncio.to_thread(compute, *args, **kwargs)
