"""Starts, renews and ends sessions, here and, by `access`, in the other services; one-time links to sign in with."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Final

import asyncpg

from services.registration.queries import queries
from shared import sessions
from shared.bus import outbox
from shared.bus.records import Outgoing
from shared.events.access import Session
from shared.events.model import encode
from shared.security import hash_key

LINK_LIFETIME: Final = timedelta(minutes=15)


async def start(db: asyncpg.Connection, key_id: str) -> str:
    """A new session with the rights of this key; returns its secret, which only the browser keeps."""
    secret, now = sessions.new_secret(), datetime.now(UTC)
    await _keep(db, Session(hash_key(secret), key_id, now, now + sessions.LIFETIME))
    return secret


async def renew(db: asyncpg.Connection, digest: str, key_id: str) -> None:
    """The session goes on for another lifetime from now."""
    now = datetime.now(UTC)
    await _keep(db, Session(digest, key_id, now, now + sessions.LIFETIME))


async def end(db: asyncpg.Connection, digest: str) -> str | None:
    """End a session everywhere; returns the id of its key, None if it was over."""
    row = await db.fetchrow(queries["end_session"], digest)
    if row is None:
        return None
    key_id: str = row["key_id"]
    await _publish(db, Session(digest, key_id, row["recorded_at"], row["expires_at"], ended=True), "session.ended")
    return key_id


async def expire(db: asyncpg.Connection) -> int:
    """Delete sessions that are over for long, here and from the topic; returns how many."""
    gone = [row["hash"] for row in await db.fetch(queries["expire_sessions"])]
    now = datetime.now(UTC)
    ended = [Outgoing("access", hash, "session.ended", f"access/{hash}/tombstone", now, None) for hash in gone]
    await outbox.add(db, ended)
    return len(gone)


async def new_link(db: asyncpg.Connection, key_id: str) -> tuple[str, datetime]:
    """A one-time link's token, of which the hash alone is kept, and until when it can be used."""
    token, expires_at = secrets.token_urlsafe(32), datetime.now(UTC) + LINK_LIFETIME
    await db.execute(queries["add_sign_in_link"], hash_key(token), key_id, expires_at)
    return token, expires_at


async def use_link(db: asyncpg.Connection, token: str) -> str | None:
    """The id of the key that the link signs in with; None for a link that cannot be used any more."""
    key_id: str | None = await db.fetchval(queries["take_sign_in_link"], hash_key(token))
    return key_id


async def _keep(db: asyncpg.Connection, session: Session) -> None:
    values = (session.hash, session.key_id, session.recorded_at, session.expires_at, session.ended)
    await db.execute(sessions.queries["store_session"], *values)
    await _publish(db, session, "session.started")


async def _publish(db: asyncpg.Connection, session: Session, kind: str) -> None:
    event_id = f"access/{session.hash}/{kind}/{session.recorded_at.timestamp():.0f}"
    await outbox.add(db, [Outgoing("access", session.hash, kind, event_id, session.recorded_at, encode(session))])
