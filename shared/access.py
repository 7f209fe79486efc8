"""Applies the topic `access`: the keys and sessions that registration publishes, in a service's own tables."""

from datetime import UTC, datetime

import asyncpg

from shared import sessions
from shared.bus.batch import Batch
from shared.bus.records import Record, event_type, key_text
from shared.events.access import SESSIONS, Key, Session
from shared.security import CLOCK_SKEW, EARLIEST, LATEST, RATES, queries


async def on_access(batch: Batch, db: asyncpg.Connection) -> None:
    """Store the keys issued and revoked and the sessions started and ended; the newest event of each counts, and a
    revocation or an end always. A tombstone is of a session that is over."""
    of_sessions = [record for record in batch.records if event_type(record) in SESSIONS]
    of_keys = [record for record in batch.records if event_type(record) not in SESSIONS]
    await _store_keys(batch, of_keys, db)
    await _store_sessions(batch, of_sessions, db)
    await db.execute(sessions.queries["drop_sessions"], [key_text(each) for each in batch.tombstones()])


async def _store_keys(batch: Batch, records: list[Record], db: asyncpg.Connection) -> None:
    """A key's time is bounded by our own clock, so that none can be dated beyond its revocation."""
    keys = [
        key
        for record, key in batch.decode(Key, records)
        if _is_storable(
            batch, record, key.key_id, key.hash, key.agency or "", key.agent or "", *key.scopes, *key.regions
        )
    ]
    latest = datetime.now(UTC) + CLOCK_SKEW
    await db.executemany(
        queries["store_key"],
        [
            (
                *(k.key_id, k.hash, k.agency, k.agent, list(k.scopes), list(k.regions), k.revoked),
                _within(k.recorded_at, EARLIEST, latest),
                None if k.expires_at is None else _within(k.expires_at, EARLIEST, LATEST),
                k.requests_per_minute if k.requests_per_minute in RATES else None,
            )
            for k in sorted(keys, key=lambda key: key.key_id)  # the events of one key stay in their order
        ],
    )


async def _store_sessions(batch: Batch, records: list[Record], db: asyncpg.Connection) -> None:
    latest = datetime.now(UTC) + CLOCK_SKEW
    found = [
        session
        for record, session in batch.decode(Session, records)
        if _is_storable(batch, record, session.hash, session.key_id)
    ]
    await db.executemany(
        sessions.queries["store_session"],
        [
            (
                s.hash,
                s.key_id,
                _within(s.recorded_at, EARLIEST, latest),
                _within(s.expires_at, EARLIEST, LATEST),
                s.ended,
            )
            for s in sorted(found, key=lambda session: session.hash)
        ],
    )


def _is_storable(batch: Batch, record: Record, *texts: str) -> bool:
    if any("\x00" in text for text in texts):
        batch.reject(record, "malformed: a text holds the character U+0000")
        return False
    return True


def _within(moment: datetime, first: datetime, last: datetime) -> datetime:
    return min(max(moment, first), last)
