"""Agents' rows, keys and sessions: added, changed, switched off, removed, signed in. Inside the caller's transaction.

An agent's key opens the own inbox alone: it has no scopes. It is published on `access`, as every key is.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

import asyncpg

from services.notifications.agents import tasks
from services.notifications.agents.caseload import ListName
from services.notifications.agents.queries import queries
from shared import jakarta, security, sessions
from shared.bus import outbox
from shared.bus.records import Outgoing
from shared.events.access import Key
from shared.events.model import encode
from shared.regions import Regions
from shared.security import hash_key, new_key

LINK_LIFETIME: Final = timedelta(minutes=15)
SESSION_LIFETIME: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Profile:
    """What of an agent is set by others. Personal data: goes to those who may manage the agent and nowhere else."""

    name: str
    regions: list[str]
    phone: str | None
    email: str | None
    language: str
    capacity: int
    monthly_target: int | None
    cooperatives: Sequence[str] = ()
    lists: Sequence[ListName] = ()

    @property
    def work(self) -> tuple[Any, ...]:
        """As the queries take it: the caseload, how much of it at once, and the target."""
        caseload = (self.regions, list(self.cooperatives), [str(each) for each in self.lists])
        return (*caseload, self.capacity, self.monthly_target)


async def add(
    db: asyncpg.Connection, profile: Profile, *, agency: str | None, limited_to: str | None, now: datetime
) -> tuple[str, str]:
    """(agent's id, its key, which nobody is shown again)."""
    agent_id = str(uuid4())
    key_id, secret = await _issue(db, agent_id, profile.regions, now)
    contact = (profile.phone, profile.email, profile.language)
    who = (agent_id, agency, limited_to, profile.name)
    await db.execute(queries["add_agent"], *who, *contact, *profile.work, key_id, now)
    return agent_id, secret


async def change(
    db: asyncpg.Connection, agent: asyncpg.Record, profile: Profile, *, is_active: bool, regions: Regions, now: datetime
) -> None:
    """The agent is as `profile` says from now on. One that is switched off, or works elsewhere now, gives its tasks
    back; one that is switched on gets a key that was never used."""
    agent_id, key_id = agent["agent_id"], agent["key_id"]
    if agent["is_active"] and not is_active:
        await shut_out(db, key_id, now)
    elif is_active and not agent["is_active"]:
        key_id, _ = await _issue(db, agent_id, profile.regions, now)
    contact = (profile.phone, profile.email, profile.language)
    await db.execute(queries["change_agent"], agent_id, profile.name, *contact, *profile.work, is_active, key_id)
    if not is_active:
        await tasks.free(db, agent_id, [], regions, now)
    elif profile.work[:3] != (agent["regions"], agent["cooperatives"], agent["lists"]):
        kept = [code for outer in profile.regions for code in regions.regencies(outer)]
        await tasks.free(db, agent_id, kept, regions, now, cooperatives=profile.cooperatives, lists=profile.lists)


async def remove(db: asyncpg.Connection, agent: asyncpg.Record, regions: Regions, now: datetime) -> None:
    """The agent is gone with its personal data; its tasks are given to others."""
    await shut_out(db, agent["key_id"], now)
    await db.execute(queries["remove_agent"], agent["agent_id"], now)
    await tasks.free(db, agent["agent_id"], [], regions, now)


async def shut_out(db: asyncpg.Connection, key_id: str, now: datetime) -> None:
    """The key opens nothing any more, and whoever signed in by it is signed out."""
    row = await db.fetchrow(queries["revoke_key"], key_id, now)
    if row is not None:
        key = Key(
            key_id, row["hash"], row["recorded_at"], agent=row["agent"], regions=tuple(row["regions"]), revoked=True
        )
        await outbox.add(db, [_event(key, "key.revoked")])
    await end_sessions(db, key_id)


async def end_sessions(db: asyncpg.Connection, key_id: str) -> None:
    """Signed out on all phones, none of which takes notifications any more."""
    await db.execute(queries["remove_subscriptions_of"], key_id)
    await db.fetchval(queries["end_sessions_of"], key_id)


async def new_link(db: asyncpg.Connection, agent_id: str, now: datetime) -> tuple[str, datetime]:
    """A one-time link's token, whose hash alone is kept, and until when it can be used. Earlier ones are void."""
    token, expires_at = secrets.token_urlsafe(32), now + LINK_LIFETIME
    await db.execute(queries["add_link"], hash_key(token), agent_id, expires_at)
    return token, expires_at


async def sign_in(db: asyncpg.Connection, token: str, now: datetime) -> str | None:
    """Use a link up: the secret of a new session, which only the phone keeps; None for a link that opens nothing."""
    row = await db.fetchrow(queries["take_link"], hash_key(token), now)
    if row is None:
        return None
    secret = sessions.new_secret()
    values = (hash_key(secret), row["key_id"], now, now + SESSION_LIFETIME, False)
    await db.execute(sessions.queries["store_session"], *values)
    return secret


def shown(row: asyncpg.Record) -> dict[str, Any]:
    """An agent as those who may manage it are shown it."""
    return {
        "id": row["agent_id"],
        "agency": row["agency"],
        "name": row["name"],
        "regions": row["regions"],
        "cooperatives": row["cooperatives"],
        "lists": [ListName.parse(each)._asdict() for each in row["lists"]],
        "contact": {"phone": row["phone"], "email": row["email"], "language": row["language"]},
        "capacity": row["capacity"],
        "monthly_target": row["monthly_target"],
        "active": row["is_active"],
        "since": row["created_at"],
        "open_tasks": row["open"],
        "this_month": {"visited": row["done"], "registered": row["registered"]},
    }


def month_begins(now: datetime) -> datetime:
    """The first moment of the month in Jakarta."""
    return jakarta.beginning_of(jakarta.day_of(now).replace(day=1))


async def _issue(db: asyncpg.Connection, agent_id: str, regions: list[str], now: datetime) -> tuple[str, str]:
    key_id, secret, digest = new_key()
    key = Key(key_id, digest, now, agent=agent_id, regions=tuple(regions))
    rights: tuple[list[str], list[str]] = [], regions
    await db.execute(security.queries["store_key"], key_id, digest, None, agent_id, *rights, False, now, None, None)
    await outbox.add(db, [_event(key, "key.issued")])
    return key_id, secret


def _event(key: Key, kind: str) -> Outgoing:
    event_id = f"access/{key.key_id}/{kind.partition('.')[2]}"
    return Outgoing("access", key.key_id, kind, event_id, key.recorded_at, encode(key))
