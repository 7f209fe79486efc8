"""The audit trail: who did what and when, an entry an act, chained by hashes. No personal data: ids, codes, counts."""

import hashlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

import asyncpg
import msgspec

from services.registration.queries import queries
from shared.database import transaction

Action = Literal[
    "agency.added",
    "agency.changed",
    "case.decided",
    "dead_letters.discarded",
    "import.cancelled",
    "import.confirmed",
    "import.refused_rows_deleted",
    "import.undone",
    "import.uploaded",
    "key.issued",
    "key.revoked",
    "key.rotated",
    "partner.erased",
    "quarantine.corrected",
    "quarantine.deleted",
    "quarantine.retried",
    "rejected.exported",
    "session.ended",
    "session.started",
    "sign_in_link.issued",
    "source.released",
    "statements.redacted",
    "unregistered.exported",
    "webhook.added",
    "webhook.deleted",
    "webhook.resumed",
]
ActorKind = Literal["agency", "administrator", "command line", "service"]
Subjects = Mapping[str, str | int | bool]
"""What the act was about: ids, codes and counts by what they are."""

BEGINNING: Final = ""
"""What the first entry has instead of the hash before it."""
PAGE: Final = 5_000


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: an agency by one of its keys, the administrator, somebody at the machine's command line, or the service
    by itself for an agency."""

    kind: ActorKind
    agency: str | None = None
    key_id: str | None = None


COMMAND_LINE: Final = Actor("command line")


@dataclass(frozen=True, slots=True)
class Entry:
    """One act. `agency`: the one that acted, or whom the administrator's act is about."""

    number: int
    at: datetime
    actor: str
    key_id: str | None
    agency: str | None
    action: str
    subjects: dict[str, str | int | bool]
    hash: str

    @classmethod
    def of(cls, record: asyncpg.Record) -> "Entry":
        values = {name: record[name] for name in cls.__slots__}
        return cls(**values | {"subjects": msgspec.json.decode(record["subjects"])})

    def hash_after(self, before: str) -> str:
        """SHA-256 over the hash before it and the entry: a JSON list of its members in their order but the hash."""
        at = self.at.astimezone(UTC).isoformat(timespec="microseconds")
        subjects = dict(sorted(self.subjects.items()))
        said = [before, self.number, at, self.actor, self.key_id, self.agency, self.action, subjects]
        return hashlib.sha256(msgspec.json.encode(said)).hexdigest()

    def as_json(self) -> dict[str, Any]:
        values: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        return values | {"at": self.at.astimezone(UTC).isoformat(timespec="microseconds")}


async def note(
    db: asyncpg.Connection, actor: Actor, action: Action, subjects: Subjects, agency: str | None = None
) -> None:
    """Add an entry in the caller's transaction, as the last thing it does: other acts wait for it to end."""
    await db.execute(queries["lock_audit"])
    last = await db.fetchrow(queries["last_audited"])
    number, before = (last["number"] + 1, last["hash"]) if last else (1, BEGINNING)
    about = agency if agency is not None else actor.agency
    at = await db.fetchval(queries["audit_time"])
    entry = Entry(number, at, actor.kind, actor.key_id, about, action, dict(subjects), "")
    encoded = msgspec.json.encode(entry.subjects).decode()
    values = (number, at, actor.kind, actor.key_id, about, action, encoded, entry.hash_after(before))
    await db.execute(queries["add_audit"], *values)


@dataclass(frozen=True, slots=True)
class Verified:
    """How many entries were read, the last good hash, and the number of the first entry that does not fit, if any."""

    entries: int
    head: str
    broken_at: int | None


async def verify(pool: asyncpg.Pool) -> Verified:
    """Compute every hash anew. An entry taken out at the end shows only to who kept a later head."""
    count, before = 0, BEGINNING
    async for entry in _all(pool):
        count += 1
        if entry.number != count or entry.hash != entry.hash_after(before):
            return Verified(count, before, count)
        before = entry.hash
    return Verified(count, before, None)


async def _all(pool: asyncpg.Pool) -> AsyncIterator[Entry]:
    async with transaction(pool) as db:
        cursor = await db.cursor(queries["audit_trail"])
        while records := await cursor.fetch(PAGE):
            for record in records:
                yield Entry.of(record)
