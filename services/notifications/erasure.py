"""What an erasure deletes here: contacts, what operators wrote beside opt-outs, and dead letters of `contacts`."""

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import asyncpg

from services.notifications.projections import believable
from services.notifications.queries import queries
from shared.bus.batch import Batch
from shared.bus.dead_letters import Matches
from shared.bus.records import Record, header, key_text


def tombstones(batch: Batch, now: datetime) -> Iterator[tuple[str, int, datetime]]:
    """(partner's id, offset, when it was erased) for each tombstone; one with a garbled key is rejected."""
    for record in batch.tombstones():
        try:
            yield str(UUID(key_text(record))), record.offset, _erased_at(record, now)
        except ValueError:
            batch.reject(record, "malformed: key")


def _erased_at(record: Record, now: datetime) -> datetime:
    """The event's own time, a believable one; when it was published if that is missing or no time: it erases anyway."""
    published = datetime.fromtimestamp(max(record.timestamp, 0) / 1000, UTC)
    try:
        time = datetime.fromisoformat(header(record.headers, "ce_time"))
    except ValueError:
        time = published
    return believable(time if time.tzinfo else published, now)


async def erase(db: asyncpg.Connection, erased: dict[str, datetime]) -> None:
    """Delete what is personal about these partners, each erased at its moment. Their dead letters follow."""
    if erased:
        await db.execute(queries["erase_contacts"], list(erased), list(erased.values()))
        await db.execute(queries["erase_opt_out_reasons"], list(erased))


async def dead_letters_of_erased(db: asyncpg.Connection) -> Matches | None:
    """Take the notes that `erase` left; returns which dead letters to erase, None without a note.

    A dead letter belongs to a partner by its key, whatever its value.
    """
    ids = {row["partner_id"] for row in await db.fetch(queries["take_dead_letters_to_erase"])}
    return (lambda dead_letter: dead_letter.key in ids) if ids else None
