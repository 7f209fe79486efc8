"""Who may call: API keys by their hash, so that every service checks them in its own database."""

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


TYPES = {"key.issued": Key, "key.revoked": Key}
