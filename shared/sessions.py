"""Sessions of browsers: an opaque secret in a cookie, only its SHA-256 at rest, the same in every service.

Registration starts, renews and ends them and publishes that on `access`; each service checks them in its own table. A
session has the rights that its key has at that moment: with the key it ends everywhere within a second.
"""

import asyncio
import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import asyncpg

from shared.database import Queries
from shared.security import CACHED_KEYS, CACHED_SECONDS, Principal, hash_key

queries = Queries.load(Path(__file__).with_suffix(".sql"))

COOKIE: Final = "payung_session"
LIFETIME: Final = timedelta(hours=12)
"""From a session's start or last renewal to its end."""
RENEWED_BELOW: Final = timedelta(hours=11)
"""A session in use with less time left is renewed: once an hour, so that no request writes."""
ON_THE_WAY: Final = 10.0
"""Seconds after its start during which a session may be unknown to a service, since its event is on the way."""
PAUSES: Final = (0.05, 0.1, 0.2, 0.3, 0.4)
"""Seconds between the looks for it: few, since anybody may invent a session that looks fresh."""


@dataclass(frozen=True)
class Session:
    """Somebody who is signed in; `csrf` proves that a form comes from a page of ours, opened by the same key."""

    hash: str
    principal: Principal
    expires_at: datetime
    csrf: str

    def is_to_be_renewed(self) -> bool:
        """Not an agent's, whose session has one long life."""
        return self.principal.agent is None and self.expires_at - datetime.now(UTC) < RENEWED_BELOW


@dataclass(frozen=True)
class Ended:
    """A session that was ended, has expired, or whose key opens nothing any more."""


def new_secret() -> str:
    """A session's secret: when it started, so that only a fresh one is waited for, and 256 random bits."""
    return f"{int(time.time()):x}.{secrets.token_urlsafe(32)}"


def admin_key_id(admin_key: str) -> str:
    """What the administrator's sessions have for a key's id: it changes with the key and does not disclose it."""
    return "admin-" + hashlib.sha256(b"session of " + hash_key(admin_key).encode()).hexdigest()[:32]


def csrf_of(admin_key: str, key_id: str) -> str:
    """The token of the forms of a key's sessions. It is the key's, not the session's: a form that was open while its
    session ended still works once its user signed in again."""
    return hmac.new(admin_key.encode(), f"csrf of {key_id}".encode(), hashlib.sha256).hexdigest()[:32]


class Sessions:
    """Looks up who holds a session, and keeps the answer for CACHED_SECONDS."""

    def __init__(self, pool: asyncpg.Pool, admin_key: str) -> None:
        self._pool, self._admin_key = pool, admin_key
        self.admin_key_id = admin_key_id(admin_key)
        self._cached: dict[str, tuple[float, Session | Ended | None]] = {}

    async def of(self, secret: str, *, wait: bool = False) -> Session | Ended | None:
        """The session of this secret; None for an unknown one. `wait`: for a fresh one up to a second."""
        for pause in PAUSES if wait and _is_fresh(secret) else ():
            found = await self._now(secret)
            if found is not None:
                return found
            await asyncio.sleep(pause)
        return await self._now(secret)

    def clear(self) -> None:
        """Read the tables again: a session or key was just changed in this process."""
        self._cached.clear()

    async def _now(self, secret: str) -> Session | Ended | None:
        digest = hash_key(secret)
        looked_up_at, known = self._cached.get(digest, (0.0, None))
        if known is None or time.monotonic() - looked_up_at > CACHED_SECONDS:
            if len(self._cached) > CACHED_KEYS:
                self._cached.clear()
            looked_up_at, known = time.monotonic(), await self._look_up(digest)
            self._cached[digest] = looked_up_at, known
        if isinstance(known, Session) and (known.expires_at <= datetime.now(UTC) or known.principal.has_expired()):
            return Ended()
        return known

    async def _look_up(self, digest: str) -> Session | Ended | None:
        row = await self._pool.fetchrow(queries["session"], digest)
        if row is None:
            return None
        if row["ended"] or row["revoked"] or row["session_ends_at"] <= datetime.now(UTC):
            return Ended()
        csrf = csrf_of(self._admin_key, row["key_id"])
        if row["key_id"].startswith("admin-"):
            is_todays = hmac.compare_digest(row["key_id"], self.admin_key_id)
            return Session(digest, Principal(admin=True), row["session_ends_at"], csrf) if is_todays else Ended()
        if not row["has_key"]:  # its event is on the way
            return None
        return Session(digest, Principal.of(row), row["session_ends_at"], csrf)


def _is_fresh(secret: str) -> bool:
    try:
        started = int(secret.partition(".")[0], 16)
    except ValueError:
        return False
    return abs(time.time() - started) < ON_THE_WAY
