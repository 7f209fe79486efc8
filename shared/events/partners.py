"""Who exists: the whole state of a partner, newest version last. No personal data."""

from typing import Literal

import msgspec

from shared.events.model import Kind, Scale, Topic, date, datetime

TOPIC = Topic("partners")


class Listing(msgspec.Struct, frozen=True):
    """The partner is on this list of this agency since `listed_on`."""

    agency: str
    list: str
    listed_on: date


class ListedWorkers(msgspec.Struct, frozen=True):
    """Workers as listed: `total` None when no list gives it; the job levels None when no list splits them."""

    total: int | None = None
    management: int | None = None
    staff: int | None = None
    labour: int | None = None


class Partner(msgspec.Struct, frozen=True):
    """One business, cooperative or own-account worker, as registration knows it at `recorded_at`.

    `listed_on` is the earliest listing's day, None when no list names the partner (any more).
    `status` merged: `merged_into` answers for it; erased: nothing else is kept.
    """

    partner_id: str
    version: int
    status: Literal["active", "merged", "erased"]
    region: str
    kind: Kind
    recorded_at: datetime
    merged_into: str | None = None
    scale: Scale | None = None
    occupation: str | None = None
    cooperative_id: str | None = None
    workers: ListedWorkers = ListedWorkers()
    lists: tuple[Listing, ...] = ()
    listed_on: date | None = None


TYPES = dict.fromkeys(
    ("partner.listed", "partner.updated", "partner.merged", "partner.delisted", "partner.erased"), Partner
)
