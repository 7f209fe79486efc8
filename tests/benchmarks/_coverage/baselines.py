"""How one would write it first: FastStream with a model, one transaction an event, or executemany for a batch.

Both keep the same tables as coverage does and end with the same figures, so that only the way differs.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from datetime import date, datetime
from typing import Any

import asyncpg
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from pydantic import BaseModel, Field

from services.coverage import facts, timelines

KNOWN = "select partner_id, version, timeline from enrolments where partner_id = any($1::uuid[]) for update"
STORE = """
    insert into enrolments (partner_id, version, recorded, timeline, first_start) values ($1, $2, $3, $4, $5)
    on conflict (partner_id) do update set version = excluded.version, recorded = excluded.recorded,
        timeline = excluded.timeline, first_start = excluded.first_start"""
ADD = """
    insert into ledger (batch, recorded, cell, day, partners, workers, management, staff, labour)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)"""


class Workers(BaseModel):
    management: int
    staff: int
    labour: int


class Period(BaseModel):
    start: date = Field(alias="from")
    until: date | None
    region: str
    segment: str
    programmes: list[str]
    workers: Workers


class Enrolment(BaseModel):
    partner_id: str
    version: int
    kind: str
    periods: list[Period]
    recorded_at: datetime
    agency: str | None
    scale: str | None
    occupation: str | None
    cooperative_id: str | None
    listed_on: date | None


async def one_by_one(dsn: str, kafka: str, prefix: str, events: int) -> float:
    """Seconds from the first event to the last, one event a call and a transaction."""
    pool = await asyncpg.create_pool(dsn, min_size=1, max_size=2)

    async def apply(fact: Enrolment) -> None:
        async with pool.acquire() as db, db.transaction():
            await _apply(db, [fact])

    broker = KafkaBroker(kafka, logger=None)
    progress = Progress(events)

    @broker.subscriber(
        prefix + "enrollments",
        group_id=prefix + "one",
        auto_offset_reset="earliest",
        ack_policy=AckPolicy.NACK_ON_ERROR,
    )
    async def receive(fact: Enrolment) -> None:
        await progress.counted(1, lambda: apply(fact))

    return await _run(broker, progress, pool)


async def in_batches(dsn: str, kafka: str, prefix: str, events: int, size: int = 5_000) -> float:
    """The same by the batch: models, then executemany."""
    pool = await asyncpg.create_pool(dsn, min_size=1, max_size=2)

    async def apply(found: list[Enrolment]) -> None:
        async with pool.acquire() as db, db.transaction():
            await _apply(db, found)

    broker = KafkaBroker(kafka, logger=None)
    progress = Progress(events)

    @broker.subscriber(
        prefix + "enrollments",
        group_id=prefix + "batch",
        batch=True,
        max_records=size,
        batch_timeout_ms=20,
        auto_offset_reset="earliest",
        ack_policy=AckPolicy.NACK_ON_ERROR,
    )
    async def receive(found: list[Enrolment]) -> None:
        await progress.counted(len(found), lambda: apply(found))

    return await _run(broker, progress, pool)


class Progress:
    """The clock: from the first event received to the one that makes the number full."""

    def __init__(self, events: int) -> None:
        self.left = events
        self.seconds = 0.0
        self.done = asyncio.Event()
        self._began: float | None = None
        self._events = events
        self.handled = 0

    async def counted(self, number: int, work: Callable[[], Awaitable[None]]) -> None:
        self._began = self._began or time.perf_counter()
        if not self.done.is_set():
            await work()
            self.handled += number
        if self.handled >= self._events:
            self.seconds = self.seconds or time.perf_counter() - self._began
            self.done.set()


async def _run(broker: KafkaBroker, progress: Progress, pool: asyncpg.Pool) -> float:
    await broker.start()
    await progress.done.wait()
    await broker.stop()
    await pool.close()
    return progress.seconds / progress.handled


async def _apply(db: asyncpg.Connection, found: list[Enrolment]) -> None:
    """Latest version and ledger, as coverage keeps them, row by row."""
    rows = await db.fetch(KNOWN, [fact.partner_id for fact in found])
    known = {str(row["partner_id"]): (row["version"], row["timeline"]) for row in rows}
    changes: list[tuple[Any, ...]] = []
    moved: dict[str, tuple[Any, ...]] = {}
    for fact in found:
        version, before = known.get(fact.partner_id, (0, b""))
        if fact.version <= version:
            continue
        after, recorded = _timeline(fact), int(fact.recorded_at.timestamp())
        changes += _differences(before, after, recorded)
        known[fact.partner_id] = fact.version, after
        first = fact.periods[0].start if fact.periods else None
        moved[fact.partner_id] = (fact.partner_id, fact.version, recorded, after, first)
    batch = await db.fetchval(
        "insert into pending_batches values (nextval('batches'), $1) returning batch", len(changes)
    )
    await db.executemany(STORE, sorted(moved.values()))
    await db.executemany(ADD, [(batch, *change) for change in changes])


def _timeline(fact: Enrolment) -> bytes:
    return timelines.enrolment_timeline(
        facts.EnrollmentFact(
            fact.partner_id,
            fact.version,
            fact.kind,
            tuple(
                facts.PeriodFact(
                    period.start.isoformat(),
                    period.region,
                    period.segment,
                    tuple(period.programmes),
                    facts.Workers(*period.workers.model_dump().values()),
                    period.until and period.until.isoformat(),
                )
                for period in fact.periods
            ),
            fact.recorded_at,
            fact.agency,
            fact.scale,
            fact.occupation,
            fact.listed_on and fact.listed_on.isoformat(),
        )
    )


def _differences(before: bytes, after: bytes, recorded: int) -> Iterable[tuple[Any, ...]]:
    sums: dict[tuple[int, int], list[int]] = {}
    for sign, timeline in ((-1, before), (1, after)):
        for stay in timelines.stays(timeline):
            for day, turn in ((stay.start, sign), (stay.until, -sign)):
                if day < timelines.NEVER:
                    measures = (turn, *(turn * n for n in stay[3:]))
                    former = sums.get((stay.cell, day), [0] * 5)
                    sums[stay.cell, day] = [a + b for a, b in zip(former, measures, strict=True)]
    for (cell, day), found in sums.items():
        if any(found):
            yield (recorded, cell, date.fromordinal(day + timelines.EPOCH), *found)
