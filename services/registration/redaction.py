"""Redaction: statements whose free text names a person are taken out of the database, the outbox and the log.

Titles, parties, names of briefings and sources are kept for ever, and no erasure knows whom they name. So the
administrator gives the text: every statement that holds it goes, in all its versions; its agency may send it again.
"""

from collections.abc import Callable
from dataclasses import dataclass

import asyncpg
import msgspec

from services.registration import audit
from services.registration.audit import COMMAND_LINE
from services.registration.queries import queries
from shared.bus import redaction, redrive
from shared.bus.queries import queries as bus_queries
from shared.bus.records import Record

TOPIC = "reference"
SHORTEST = 4
"""Characters: fewer are in texts that nobody means."""


@dataclass(frozen=True)
class Redacted:
    """The record keys of the statements, by their type, and how many records of the log they had."""

    statements: dict[str, str]
    records: int = 0


async def find(db: asyncpg.Connection, text: str) -> Redacted:
    """The statements that hold the text now. `db` is in registration's schema."""
    rows = await db.fetch(queries["statements_with"], text, _as_json(text))
    return Redacted({row["key"]: row["type"] for row in rows})


async def redact(db: asyncpg.Connection, kafka: str, text: str, *, prefix: str = "") -> Redacted:
    """Delete the statements that hold the text, and every record of theirs. Nothing is accepted or published meanwhile.

    What fails half-way is done again: the database follows the log. Raises ValueError for a text that is too short.
    """
    if len(text) < SHORTEST:
        raise ValueError(f"a text of {SHORTEST} characters or more")
    is_meant = _holder_of(text)
    async with db.transaction():
        await db.execute(queries["lock_writer"])
        await db.execute(bus_queries["lock_relays"])
        found = await find(db, text)
        keys = list(found.statements)
        await db.execute(queries["unseat_guests"], keys)
        await db.execute(queries["drop_statements"], keys)
        await db.execute(queries["drop_versions_with"], _as_json(text).decode(), keys)
        await db.execute(queries["drop_outgoing_with"], text, _as_json(text))
        records = await redaction.cut(kafka, TOPIC, is_meant, prefix=prefix)
        await redrive.erase(kafka, TOPIC, lambda letter: is_meant(letter.record), prefix=prefix)
        about = {"statements": len(keys), "records": records}
        await audit.note(db, COMMAND_LINE, "statements.redacted", about)
    return Redacted(found.statements, records)


def _holder_of(text: str) -> Callable[[Record], bool]:
    """Whether a record's key or value holds the text."""
    plain, encoded = text.encode(), _as_json(text)
    return lambda record: plain in (record.key or b"") or encoded in (record.value or b"")


def _as_json(text: str) -> bytes:
    """The text as it is inside a JSON string."""
    return msgspec.json.encode(text)[1:-1]
