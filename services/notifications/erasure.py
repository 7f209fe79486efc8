"""What an erasure deletes here: contacts, what operators wrote beside opt-outs, and dead letters of `contacts`."""

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import asyncpg

from services.notifications.projections import YEARS, is_believable
from services.notifications.queries import queries
from shared.bus.batch import Batch
from shared.bus.dead_letters import Matches
from shared.bus.records import Record, header, key_text

LATEST = datetime(YEARS[-1], 12, 31, tzinfo=UTC)


def tombstones(batch: Batch) -> Iterator[tuple[str, int, datetime]]:
    """(partner's id, offset, when it was erased) for each tombstone; one with a garbled key is rejected."""
    for record in batch.tombstones():
        try:
            yield str(UUID(key_text(record))), record.offset, _erased_at(record)
        except ValueError:
            batch.reject(record, "malformed: key")


def _erased_at(record: Record) -> datetime:
    """The event's own time; when it was published if that is missing, without zone or not believable: it erases anyway.

    Follows from the record alone, so that a tombstone that is read again erases the same.
    """
    try:
        time = datetime.fromisoformat(header(record.headers, "ce_time"))
    except ValueError:
        return _published_at(record)
    return time if time.tzinfo and is_believable(time) else _published_at(record)


def _published_at(record: Record) -> datetime:
    """The record's timestamp, between 1970 and LATEST."""
    milliseconds = min(max(record.timestamp, 0), int(LATEST.timestamp() * 1000))
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


async def erase(db: asyncpg.Connection, erased: dict[str, datetime]) -> None:
    """Delete what is personal about these partners, each erased at its moment. Their dead letters follow.

    A tombstone may be of a partner that was merged or delisted: only of one that is erased, whichever of the two
    topics says so first, are the addresses stopped as well.
    """
    if erased:
        await db.execute(queries["erase_contacts"], list(erased), list(erased.values()))
        await db.execute(queries["stop_erased"], list(erased))
        await db.execute(queries["erase_opt_out_reasons"], list(erased))


async def dead_letters_of_erased(db: asyncpg.Connection) -> Matches | None:
    """Take the notes that `erase` left; returns which dead letters to erase, None without a note.

    A dead letter belongs to a partner by its key, whatever its value.
    """
    ids = {row["partner_id"] for row in await db.fetch(queries["take_dead_letters_to_erase"])}
    return (lambda dead_letter: dead_letter.key in ids) if ids else None
