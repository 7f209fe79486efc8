"""An agency's keys: issued, replaced and revoked, each with its event for all services and its entry in the trail."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import asyncpg

from services.registration import audit
from services.registration.audit import Actor
from services.registration.queries import queries
from shared import scope_words
from shared.bus import outbox
from shared.bus.records import Outgoing
from shared.events.access import Key
from shared.events.model import encode
from shared.problems import Problem, not_found
from shared.security import new_key

MOST_LIVE: Final = 2
"""Keys for one purpose that are live at once: one, and the one that takes its place."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A key to issue. `replaces`: the key whose place it takes."""

    scopes: tuple[str, ...]
    regions: tuple[str, ...]
    expires_at: datetime | None = None
    purpose: str | None = None
    requests_per_minute: int | None = None
    replaces: str | None = None


async def issue(db: asyncpg.Connection, agency: str, wanted: Wanted) -> dict[str, Any]:
    """The new key, shown this once. Raises Problem where two for its purpose are live."""
    if wanted.purpose is not None:
        await db.execute(queries["lock_keys"], agency)
        if await db.fetchval(queries["count_live_keys"], agency, wanted.purpose) >= MOST_LIVE:
            raise Problem(409, "conflict", "Two keys for this purpose are live: revoke one.", field="purpose")
    key_id, secret, digest = new_key()
    key = Key(
        key_id,
        digest,
        datetime.now(UTC),
        agency=agency,
        scopes=wanted.scopes,
        regions=wanted.regions,
        expires_at=wanted.expires_at,
        requests_per_minute=wanted.requests_per_minute,
    )
    row = (key_id, digest, agency, list(key.scopes), list(key.regions), key.recorded_at, key.expires_at)
    await db.execute(queries["add_key"], *row, wanted.requests_per_minute, wanted.purpose, wanted.replaces)
    await _publish(db, key, "key.issued")
    return {"key_id": key_id, "key": secret, "expires_at": wanted.expires_at}


async def revoke(db: asyncpg.Connection, actor: Actor, agency: str, key_id: str) -> bool:
    """Whether there was such a key; what it made for others to use is paused."""
    row = await db.fetchrow(queries["revoke_key"], agency, key_id)
    if row is None:
        return False
    await _publish(db, _key(row), "key.revoked")
    await db.execute(queries["pause_webhooks_of"], agency, key_id)
    await audit.note(db, actor, "key.revoked", {"key": key_id}, agency)
    return True


async def rotate(db: asyncpg.Connection, actor: Actor, agency: str, key_id: str, ends_at: datetime) -> dict[str, Any]:
    """A key with the rights of this one, which ends at that time, or before if it was to. Raises Problem.

    The new key ends no later than the old one was to: who has a key for a time cannot make it longer.
    """
    await db.execute(queries["lock_keys"], agency)
    old = await db.fetchrow(queries["live_key"], agency, key_id)
    if old is None:
        raise not_found()
    if await db.fetchval(queries["is_being_replaced"], agency, key_id):
        raise Problem(409, "conflict", "This key is being replaced already: revoke its successor first.")
    if await db.fetchval(queries["holds_kafka_access"], agency, key_id):
        detail = "With this key goes access to Kafka: issue a new key with it, which replaces the password."
        raise Problem(409, "conflict", detail)
    (ended,) = await db.fetch(queries["end_key"], agency, key_id, ends_at)
    (rights,) = await db.fetch(queries["agency"], agency)
    wanted = Wanted(
        tuple(old["scopes"]),
        tuple(rights["regions"]),
        old["expires_at"],
        old["purpose"],
        old["requests_per_minute"],
        key_id,
    )
    issued = await issue(db, agency, wanted)
    await _publish(db, _key(ended), "key.issued")
    await db.execute(queries["move_webhooks"], agency, key_id, issued["key_id"])
    await audit.note(db, actor, "key.rotated", {"key": issued["key_id"], "replaces": key_id}, agency)
    return issued | {"scopes": list(wanted.scopes), "replaces": key_id, "old_ends_at": ended["expires_at"]}


async def limit(db: asyncpg.Connection, agency: str, requests_per_minute: int | None) -> None:
    """All live keys of the agency may make so many requests a minute from now on."""
    for row in await db.fetch(queries["limit_keys"], agency, requests_per_minute):
        await _publish(db, _key(row), "key.issued")


async def of_agency(pool: asyncpg.Pool, agency: str) -> list[dict[str, Any]]:
    """The agency's keys as it and the administrator are shown them, the newest first."""
    return (await of_agencies(pool, [agency]))[agency]


async def of_agencies(pool: asyncpg.Pool, agencies: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """The same for each of these agencies."""
    found: dict[str, list[dict[str, Any]]] = {agency: [] for agency in agencies}
    for row in await pool.fetch(queries["keys_of"], list(agencies)):
        found[row["agency"]].append(shown(row))
    return found


def shown(row: asyncpg.Record) -> dict[str, Any]:
    """A key without anything that opens. `last_used_at` is of this service and some minutes late."""
    return {
        "key_id": row["key_id"],
        "purpose": row["purpose"],
        "state": row["state"],
        "scopes": row["scopes"],
        "may": scope_words.in_words(row["scopes"]),
        "since": row["issued_at"],
        "expires_at": row["expires_at"],
        "last_used_at": row["last_used_at"],
        "requests_per_minute": row["requests_per_minute"],
        "replaces": row["replaces"],
    }


def _key(row: asyncpg.Record) -> Key:
    return Key(
        key_id=row["key_id"],
        hash=row["hash"],
        recorded_at=row["recorded_at"],
        agency=row["agency"],
        scopes=tuple(row["scopes"]),
        regions=tuple(row["regions"]),
        revoked=row["revoked"],
        expires_at=row["expires_at"],
        requests_per_minute=row["requests_per_minute"],
    )


async def _publish(db: asyncpg.Connection, key: Key, kind: str) -> None:
    event_id = f"access/{key.key_id}/{kind}/{key.recorded_at.isoformat()}"
    await outbox.add(db, [Outgoing("access", key.key_id, kind, event_id, key.recorded_at, encode(key))])
