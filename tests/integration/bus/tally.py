"""A small exactly-once job for the bus's own tests: adds up numbers by key."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import asyncpg
import msgspec

from shared.bus.batch import Batch
from shared.bus.consumer import Consumer
from shared.bus.producer import Producer
from shared.bus.records import Outgoing, key_text
from shared.bus.topics import ensure_topics
from shared.database import connect, migrate
from shared.events.model import Topic

TOPIC = Topic("tally")
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class Amount(msgspec.Struct):
    amount: int


def event(key: str, amount: int, number: int = 0) -> Outgoing:
    value = msgspec.json.encode(Amount(amount))
    return Outgoing(TOPIC.name, key, "tally.added", f"{key}/{number}", NOW, value)


async def add_up(batch: Batch, db: asyncpg.Connection) -> None:
    """Not idempotent on purpose: a record that is applied twice changes the total."""
    decoded = batch.decode(Amount)
    rows = [(key_text(record), value.amount) for record, value in decoded]
    await db.executemany(
        "insert into tally as t values ($1, $2) on conflict (key) do update set total = t.total + excluded.total", rows
    )


@asynccontextmanager
async def prepared(dsn: str, kafka: str, prefix: str, tmp_path: object) -> AsyncIterator[asyncpg.Pool]:
    pool = await connect(dsn)
    await migrate(pool, tmp_path)  # type: ignore[arg-type]
    await pool.execute("create table if not exists tally (key text primary key, total bigint not null)")
    await ensure_topics(kafka, [TOPIC], prefix=prefix, partitions=4)
    yield pool
    await pool.close()


async def publish(kafka: str, prefix: str, events: Sequence[Outgoing]) -> None:
    producer = Producer(kafka, "test", prefix=prefix)
    await producer.publish(events)
    await producer.stop()


@asynccontextmanager
async def consuming(pool: asyncpg.Pool, kafka: str, prefix: str, handler=add_up, **options) -> AsyncIterator[Consumer]:  # type: ignore[no-untyped-def]
    consumer = Consumer(pool, kafka=kafka, group="tally", prefix=prefix, **options)
    consumer.on(TOPIC.name, handler)
    task = asyncio.create_task(consumer.run())
    yield consumer
    await consumer.stop()
    await asyncio.wait_for(task, 20)


async def totals(pool: asyncpg.Pool) -> dict[str, int]:
    return {row["key"]: row["total"] for row in await pool.fetch("select key, total from tally")}
