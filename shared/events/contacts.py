"""How a partner is reached. Personal data: compacted, read by notifications alone, erased by a tombstone."""

from typing import Literal

import msgspec

from shared.events.model import Topic, datetime

TOPIC = Topic("contacts", compacted=True)


class Contact(msgspec.Struct, frozen=True):
    """The newest known way to reach a partner; `phone` in E.164.

    `person_key` is a keyed hash that stands for the NIK of the one person in the partner's rows, so that somebody who
    was erased is known again when listed anew; null where no NIK or several are known.
    """

    partner_id: str
    version: int
    name: str
    recorded_at: datetime
    contact_person: str | None = None
    phone: str | None = None
    email: str | None = None
    language: Literal["id", "en"] = "id"
    person_key: str | None = None


TYPES = {"contact.changed": Contact}
