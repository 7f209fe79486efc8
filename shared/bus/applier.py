"""Applies records: the effects of a topic's handler and the new offsets in one transaction, both or neither."""

import time
from collections.abc import Awaitable, Callable

import asyncpg
from aiokafka.errors import KafkaError

from shared import tracing
from shared.bus import spans
from shared.bus.batch import Batch
from shared.bus.dead_letter_publisher import DeadLetterPublisher, Halted
from shared.bus.delays import Delays
from shared.bus.positions import Fenced, Positions, Step
from shared.bus.records import Record
from shared.database import UNAVAILABLE, transaction
from shared.observability import get_logger
from shared.part import BackOff, Part

log = get_logger(__name__)

Handler = Callable[[Batch, asyncpg.Connection], Awaitable[None]]

FIRST_BACK_OFF = 0.1
LONGEST_BACK_OFF = 5.0
"""Seconds between attempts while the database, or the broker for dead letters, is down."""


class Applier:
    """Runs one handler a topic on the consumer's records; topics by their names without prefix."""

    def __init__(self, pool: asyncpg.Pool, positions: Positions, dead_letters: DeadLetterPublisher, part: Part) -> None:
        self._pool = pool
        self._positions = positions
        self._dead_letters = dead_letters
        self._part = part
        self.handlers: dict[str, Handler] = {}
        self.applied_at: dict[str, float] = {}
        """Topic → when its last batch took effect, in seconds since 1970."""
        self.delays = Delays()

    async def apply(self, topic: str, records: list[Record]) -> None:
        """Apply the records with their offsets; waits for a database that is down for as long as that takes.

        A record that the handler cannot take becomes a dead letter. Raises Fenced, with nothing written, when the
        partitions are no longer ours or the consumer is stopping, and Halted when too much is poison.
        """
        back_off, step = BackOff(FIRST_BACK_OFF, LONGEST_BACK_OFF), self._positions.step(records)
        while True:
            try:
                await self._transact(topic, records, step)
                return
            except (*UNAVAILABLE, KafkaError, TimeoutError) as problem:
                if await self._part.wait_after(problem, back_off):
                    raise Fenced from problem
            except (Fenced, Halted):
                raise
            except Exception as problem:  # whatever a handler raises is the records' fault until one record is left
                await self._isolate(topic, records, problem)
                return

    async def _isolate(self, topic: str, records: list[Record], problem: Exception) -> None:
        """Apply the records by halves, until the one that fails is alone and becomes a dead letter."""
        if len(records) > 1:
            middle = len(records) // 2
            await self.apply(topic, records[:middle])
            await self.apply(topic, records[middle:])
            return
        reason = f"handler: {type(problem).__name__}"
        with tracing.within(spans.trace_of(records[0])):
            log.error("a record could not be handled", topic=topic, reason=reason, offset=records[0].offset)
        await self._transact(topic, records, self._positions.step(records), reason=reason)

    async def _transact(self, topic: str, records: list[Record], step: Step, *, reason: str | None = None) -> None:
        """One transaction; with `reason` the only record is rejected and the handler not called."""
        batch = Batch(topic, records)
        with spans.applying(topic, records):
            await self._commit(batch, step, reason)
        self._positions.committed(step)
        self._part.progressed()
        self.applied_at[topic] = time.time()
        if topic not in self._dead_letters.unhalted:  # what others send has times of their own
            self.delays.applied(topic, records, step)

    async def _commit(self, batch: Batch, step: Step, reason: str | None) -> None:
        async with transaction(self._pool) as db:
            await self._positions.advance(db, batch.topic, step)
            if reason is None:
                await self.handlers[batch.topic](batch, db)
            else:
                batch.reject(batch.records[0], reason)
            await self._dead_letters.publish(batch)
