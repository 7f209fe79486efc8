"""Deletes what agencies wrote to Kafka before a person was erased: any of it may name that person.

An erasure leaves a note in its own transaction. The note becomes offsets, one a partition: the ends of all agencies'
topics at a moment after the erasure. Where the consumer has reached such an offset, the records before it are deleted.
Each step is gone from the database only once the next one is durable, so a crash repeats a step and leaves out none.
"""

import asyncpg
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from services.registration.queries import queries
from shared.bus.principals import INTAKE_PREFIX
from shared.bus.record_deletion import delete_before, topic_ends
from shared.bus.topics import DEAD_LETTER_SUFFIX
from shared.database import UNAVAILABLE, columns, transaction
from shared.observability import get_logger
from shared.part import Part

log = get_logger(__name__)

POLL_SECONDS = 5.0


class IntakeEraser(Part):
    """Works through the erasures: woken by whoever erases, and every POLL_SECONDS."""

    waits_for = (*UNAVAILABLE, KafkaError, TimeoutError)

    def __init__(self, pool: asyncpg.Pool, *, kafka: str, prefix: str = "") -> None:
        super().__init__("intake_eraser")
        self._pool, self._kafka, self._prefix = pool, kafka, prefix

    async def step(self) -> float:
        await self._note_ends()
        await self._delete_consumed()
        return POLL_SECONDS

    async def _note_ends(self) -> None:
        """Turn the notes of erasures into the offsets before which records are to be deleted."""
        async with transaction(self._pool) as db:
            if not await db.fetch(queries["take_intake_erasures"]):
                return
            ends = await topic_ends(self._kafka, self._is_intake)
            rows = [(tp.topic.removeprefix(self._prefix), tp.partition, end) for tp, end in sorted(ends.items())]
            await db.execute(queries["add_intake_deletions"], *columns(rows, width=3))

    async def _delete_consumed(self) -> None:
        """Delete the records of the partitions in which all of them are consumed."""
        due = await self._pool.fetch(queries["due_intake_deletions"])
        if not due:
            return
        ends = {TopicPartition(self._prefix + row["topic"], row["partition"]): row["before_offset"] for row in due}
        existing = await topic_ends(self._kafka, {tp.topic for tp in ends}.__contains__)
        await delete_before(self._kafka, {tp: end for tp, end in ends.items() if existing.get(tp, 0) >= end})
        await self._pool.execute(queries["drop_intake_deletions"], *columns([tuple(row) for row in due]))
        log.info("records of agencies deleted after an erasure", partitions=len(due))

    def _is_intake(self, topic: str) -> bool:
        return topic.startswith(self._prefix + INTAKE_PREFIX) and not topic.endswith(DEAD_LETTER_SUFFIX)
