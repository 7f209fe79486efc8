"""Who may call: API keys by their hash, and browsers' sessions, so that every service checks them on its own."""

import msgspec

from shared.events.model import Topic, datetime

TOPIC = Topic("access", compacted=True)


class Key(msgspec.Struct, frozen=True):
    """An API key: SHA-256 of the whole key in hex, whose it is, what it may do and where, and until when."""

    key_id: str
    hash: str
    recorded_at: datetime
    agency: str | None = None
    agent: str | None = None
    scopes: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    revoked: bool = False
    expires_at: datetime | None = None
    """The first moment at which it opens nothing any more; null: it does not expire."""
    requests_per_minute: int | None = None
    """How many requests it may make of each instance of a service; null: the service's default."""


class Session(msgspec.Struct, frozen=True):
    """Somebody signed in with a key: SHA-256 of the session's secret in hex, which is the record's key too. It has the
    rights of its key and none once that is revoked. A renewal is the same event with a later `expires_at`."""

    hash: str
    key_id: str
    """The key's; of the administrator `admin-` and a fingerprint of the key, which no event carries."""
    recorded_at: datetime
    expires_at: datetime
    ended: bool = False


TYPES = {"key.issued": Key, "key.revoked": Key, "session.started": Session, "session.ended": Session}
SESSIONS = ("session.started", "session.ended")
