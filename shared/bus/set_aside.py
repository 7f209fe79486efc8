"""Events that Kafka refuses for good are set aside, so that they hold up nothing behind them.

They are kept until a newer event of their key was published, which replaces them (facts carry the whole state of their
entity, so that a consumer that sees a gap in the versions misses nothing), or until an operator releases them, as after
a topic's limit was raised.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg
from aiokafka.errors import MessageSizeTooLargeError, RecordListTooLargeError

from shared.bus.queries import queries
from shared.bus.records import Outgoing
from shared.database import columns
from shared.events import TOPICS
from shared.observability import get_logger

log = get_logger(__name__)

REFUSED_FOR_GOOD = (MessageSizeTooLargeError, RecordListTooLargeError)
"""What the broker, or the producer, answers about a record itself: to send it again would not help. A refused timestamp
is none of it: a record has that of its sending, so that our clock is wrong, and is waited for."""


@dataclass(frozen=True)
class SetAside:
    """One event that is set aside; its value has so many `bytes`."""

    id: int
    topic: str
    type: str
    event_id: str
    time: datetime
    bytes: int
    reason: str
    set_aside_at: datetime


async def set_aside(db: asyncpg.Connection, number: int, event: Outgoing, problem: BaseException) -> None:
    """Move the event with this id out of the outbox."""
    reason = type(problem).__name__
    await db.execute(queries["set_aside"], number, reason)
    size = len(event.value or b"")
    log.error("an event was set aside", id=number, topic=event.topic, event_id=event.id, bytes=size, reason=reason)


async def drop_superseded(db: asyncpg.Connection, published: Sequence[tuple[int, Outgoing]]) -> None:
    """Delete what is set aside of the keys of these events; acts, which replace nothing, stay."""
    replacing = [(number, event.topic, event.key) for number, event in published if _carries_whole_state(event.topic)]
    for row in await db.fetch(queries["drop_superseded"], *columns(replacing, 3)):
        log.warning("a newer event replaced one set aside", topic=row["topic"], event_id=row["event_id"])


async def listed(db: asyncpg.Connection) -> list[SetAside]:
    """All that is set aside, the oldest first."""
    return [SetAside(**row) for row in await db.fetch(queries["set_aside_events"])]


async def release(db: asyncpg.Connection, numbers: Sequence[int] | None = None) -> int:
    """Put these events, None for all, back into the outbox; how many. One that is refused again is set aside again."""
    async with db.transaction():
        await db.execute(queries["lock_relays"])
        return len(await db.fetch(queries["release_set_aside"], numbers))


def _carries_whole_state(topic: str) -> bool:
    return topic not in TOPICS or TOPICS[topic].whole_state
