"""API keys: prefix + random + checksum, only their SHA-256 at rest, the same in every service."""

import asyncio
import hashlib
import hmac
import secrets
import time
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
from fastapi import Request

from shared.database import Queries
from shared.problems import Problem

queries = Queries.load(Path(__file__).with_suffix(".sql"))

PREFIX = "pyk_"
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZabcdefghjkmnpqrstvwxyz"
CACHED_SECONDS = 0.25
"""Seconds that a looked-up key is kept; a revocation must take effect everywhere within one second."""

KEY_CONNECTIONS = 3
"""Connections that serve keys alone: issuing, revoking, applying and looking them up never wait behind data."""

CACHED_KEYS = 10_000

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(9000, 1, 1, tzinfo=UTC)
CLOCK_SKEW = timedelta(minutes=5)
"""So far ahead of ours may registration's clock be; what claims to be later counts as recorded then."""

RATES = range(1, 10_000_001)
"""Requests a minute that a key may be given."""

PRINCIPAL = "payung.principal"
"""Where a request's scope holds its caller."""


@dataclass(frozen=True)
class Principal:
    """Who calls: an agency with its scopes and region codes, a field agent, who has none of an agency's rights, or the
    administrator, who may do everything everywhere."""

    agency: str | None = None
    scopes: frozenset[str] = frozenset()
    regions: tuple[str, ...] = ()
    admin: bool = False
    key_id: str | None = None
    expires_at: datetime | None = None
    requests_per_minute: int | None = None
    """None: the service's default."""
    agent: str | None = None

    @classmethod
    def of(cls, key: asyncpg.Record) -> "Principal":
        """The holder of a key, of which this is the row."""
        return cls(
            agency=key["agency"],
            agent=key["agent"],
            scopes=frozenset(key["scopes"]),
            regions=tuple(key["regions"]),
            key_id=key["key_id"],
            expires_at=key["expires_at"],
            requests_per_minute=key["requests_per_minute"],
        )

    def has_expired(self) -> bool:
        return self.expires_at is not None and datetime.now(UTC) >= self.expires_at

    def may(self, scope: str) -> bool:
        return self.admin or scope in self.scopes


def new_key() -> tuple[str, str, str]:
    """A fresh key: (key_id, the secret to show once, its hash). Key ids are the secret's first random part."""
    key_id = _random(8)
    body = f"{PREFIX}{key_id}_{_random(32)}"
    secret = body + _checksum(body)
    return key_id, secret, hash_key(secret)


def hash_key(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def well_formed(secret: str) -> bool:
    """Whether prefix and checksum fit, so that a typing error is recognised without a look-up."""
    return secret.startswith(PREFIX) and hmac.compare_digest(secret[-6:].encode(), _checksum(secret[:-6]).encode())


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def _checksum(body: str) -> str:
    number, text = zlib.crc32(body.encode()), ""
    for _ in range(6):
        number, digit = divmod(number, len(ALPHABET))
        text += ALPHABET[digit]
    return text


class KeyRing:
    """Looks up who holds a key in the table `keys`, and keeps the answer for CACHED_SECONDS."""

    def __init__(self, pool: asyncpg.Pool, admin_key: str) -> None:
        self.pool = pool
        self._used: dict[str, datetime] = {}
        self._admin_hash = hash_key(admin_key)
        self._cached: dict[str, tuple[float, Principal | None]] = {}
        self._asking: dict[str, asyncio.Task[Principal | None]] = {}
        """Look-ups under way: requests that come together with one key ask once."""

    async def principal(self, secret: str) -> Principal | None:
        """The holder of this key, also of one that `has_expired`; None for an unknown or revoked key."""
        digest = hash_key(secret)
        if hmac.compare_digest(digest, self._admin_hash):
            return Principal(admin=True)
        looked_up_at, known = self._cached.get(digest, (0.0, None))
        if time.monotonic() - looked_up_at > CACHED_SECONDS:
            if not well_formed(secret):
                return None
            if digest not in self._asking:
                self._asking[digest] = asyncio.create_task(self._ask(digest))
            known = await asyncio.shield(self._asking[digest])
        return known

    def note_use(self, key_id: str) -> None:
        """The key opened something just now."""
        self._used[key_id] = datetime.now(UTC)

    def take_used(self) -> dict[str, datetime]:
        """When each key was last used since this was asked before."""
        used, self._used = self._used, {}
        return used

    def put_back(self, used: dict[str, datetime]) -> None:
        """These could not be written."""
        self._used = used | self._used

    def clear(self) -> None:
        """Read the table again for every key: one was just issued or revoked in this process."""
        self._cached.clear()
        self._asking.clear()

    async def _ask(self, digest: str) -> Principal | None:
        """Look the key up and keep the answer, unless the table changed meanwhile."""
        asked_at = time.monotonic()
        try:
            known = await self._look_up(digest)
            if self._asking.get(digest) is asyncio.current_task():
                if len(self._cached) > CACHED_KEYS:
                    self._cached.clear()
                self._cached[digest] = asked_at, known
            return known
        finally:
            if self._asking.get(digest) is asyncio.current_task():
                del self._asking[digest]

    async def _look_up(self, digest: str) -> Principal | None:
        row = await self.pool.fetchrow(queries["valid_key"], digest)
        return None if row is None else Principal.of(row)


async def principal_of(request: Request) -> Principal:
    """The caller, whom the middleware has authenticated before anything of the request's body was read; 401 on a page
    that nobody signed in to."""
    principal: Principal | None = request.scope.get(PRINCIPAL)
    if principal is None:
        raise Problem(401, "unauthorized", "Sign in first.")
    return principal


async def authenticate(request: Request) -> Principal:
    """The caller, by its bearer key as it is now; 401 without a good one. The ring is `app.state.keys`."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    challenge = {"WWW-Authenticate": "Bearer"}
    if scheme.lower() != "bearer" or not secret.strip():
        raise Problem(401, "unauthorized", "Send your key as 'Authorization: Bearer pyk_…'.", headers=challenge)
    ring: KeyRing = request.app.state.keys
    principal = await ring.principal(secret.strip())
    if principal is None:
        raise Problem(401, "unauthorized", "This key is unknown or was revoked.", headers=challenge)
    if principal.has_expired():
        raise Problem(
            401, "key_expired", "This key has expired: ask the administrator for a new one.", headers=challenge
        )
    return principal


FOR_AGENTS = "Only a field agent may do this."


@dataclass(frozen=True)
class Callers:
    """Who may call a route: as a dependency it gives the caller, 403 for others; the description names them too.

    An agency by its `agencies`, with any of `scopes` if there are some; the administrator and field agents by theirs.
    """

    scopes: tuple[str, ...] = ()
    agencies: bool = True
    administrator: bool = True
    agents: bool = False

    async def __call__(self, request: Request) -> Principal:
        principal = await principal_of(request)
        if not self.admit(principal):
            raise Problem(403, "forbidden", self._refusal(principal))
        return principal

    def admit(self, principal: Principal) -> bool:
        if principal.admin:
            return self.administrator
        if principal.agent is not None:
            return self.agents
        return self.agencies and (not self.scopes or any(map(principal.may, self.scopes)))

    @property
    def names(self) -> list[str]:
        """The scopes, or `agency` where any key of one will do; `agent`; `administrator`."""
        agency = list(self.scopes or ("agency",)) if self.agencies else []
        return agency + ["agent"] * self.agents + ["administrator"] * self.administrator

    def _refusal(self, principal: Principal) -> str:
        if not self.agencies:
            return "Only the administrator's key may do this." if self.administrator else FOR_AGENTS
        if principal.agency is None or not self.scopes:
            return "Use an agency's key: this belongs to an agency."
        scope, *others = self.scopes
        if not others:
            return f"This key lacks the scope '{scope}'."
        scopes = ", ".join(self.scopes)
        return f"This key has none of these scopes: {scopes}."


def require(*scopes: str, admin: bool = False) -> Callers:
    """The callers with one of these scopes, and the administrator; with `admin` the administrator alone."""
    return Callers(scopes, agencies=not admin)
