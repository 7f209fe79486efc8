"""Where a service stands still until somebody decides: kept in its database, so that a restart changes nothing.

A topic halts alone where its records are the trouble (`poison`, `corrupt`). Where the log is not the one that the
database knows (`log`), everything halts: nothing is applied, published or sent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import asyncpg

from shared.bus.another_log import AnotherLog
from shared.bus.queries import queries

Cause = Literal["poison", "corrupt", "log"]


@dataclass(frozen=True)
class Halt:
    """One topic on which the service stands still, before the record `next_offset` of `partition` where one is meant;
    `since` None: not kept in the database yet."""

    topic: str
    cause: Cause
    reason: str
    partition: int | None = None
    next_offset: int | None = None
    since: datetime | None = None

    @property
    def is_for_all(self) -> bool:
        """Whether no topic may go on, whichever it was found on."""
        return self.cause == "log"


def of_another_log(topic: str, problem: AnotherLog, mend: str) -> Halt:
    """`mend` is the command that leads out."""
    return Halt(topic, "log", f"{problem}; mend it by {mend}", problem.partition.partition, problem.offset)


async def load(db: asyncpg.Connection) -> dict[str, Halt]:
    """Topic → its halt, the oldest first."""
    return {row["topic"]: Halt(**row) for row in await db.fetch(queries["halts"])}


async def note(db: asyncpg.Connection, halt: Halt) -> None:
    """Keep the halt; one that is there already stays as it is."""
    await db.execute(queries["note_halt"], halt.topic, halt.cause, halt.reason, halt.partition, halt.next_offset)


async def end(db: asyncpg.Connection, topics: Sequence[str]) -> None:
    """The service goes on with these topics, within seconds."""
    for topic in topics:
        await db.execute(queries["end_halt"], topic)


async def end_for_log(db: asyncpg.Connection) -> None:
    """The log is as the database needs it: whatever stood still because of it goes on."""
    await db.execute(queries["end_halts_for_log"])


async def begin_again(db: asyncpg.Connection, topics: Sequence[str]) -> None:
    """Read these topics from their first record on, in whichever log is there now, and end their halts."""
    async with db.transaction():
        await db.execute(queries["begin_again"], topics)
        await end(db, topics)
