"""A relay that runs for as long as a block."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

import asyncpg

from shared.bus import outbox


@asynccontextmanager
async def relaying(
    pool: asyncpg.Pool, kafka: str, prefix: str, topics: Collection[str] = (), lane: outbox.Lane = outbox.DATA
) -> AsyncIterator[outbox.Relay]:
    """`topics`: those of which it compares what was published with the log."""
    relay = outbox.Relay(pool, kafka=kafka, source="payung/test", prefix=prefix, lane=lane, topics=topics)
    task = asyncio.create_task(relay.run())
    yield relay
    await relay.stop()
    await asyncio.wait_for(task, 20)
