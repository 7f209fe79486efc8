"""How a partner is reached. Personal data: compacted, read by notifications alone, erased by a tombstone."""

from typing import Literal

import msgspec

from shared.events.model import Topic, datetime

TOPIC = Topic("contacts", compacted=True)


class Contact(msgspec.Struct, frozen=True):
    """The newest known way to reach a partner; `phone` in E.164."""

    partner_id: str
    version: int
    name: str
    recorded_at: datetime
    contact_person: str | None = None
    phone: str | None = None
    email: str | None = None
    language: Literal["id", "en"] = "id"


TYPES = {"contact.changed": Contact}
