"""What coverage reads of a fact: narrow types for quick decoding; fields it does not need are skipped.

Dates stay text here: `cells.DAYS` knows each date's day number after the first look, which is cheaper than a date.
"""

from datetime import datetime
from typing import Annotated

import msgspec

Head = Annotated[int, msgspec.Meta(ge=0, le=10_000_000)]
"""A head count; above ten million it is a fault, and sums of a batch stay within PostgreSQL's integer."""

Version = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]


class Workers(msgspec.Struct, frozen=True, gc=False):
    management: Head = 0
    staff: Head = 0
    labour: Head = 0


class Period(msgspec.Struct, frozen=True, gc=False):
    start: str = msgspec.field(name="from")
    region: str
    segment: str
    programmes: tuple[str, ...]
    workers: Workers
    until: str | None = None


class Enrolled(msgspec.Struct, frozen=True, gc=False):
    """An enrolment fact: the partner's whole timeline."""

    partner_id: str
    version: Version
    kind: str
    periods: tuple[Period, ...]
    recorded_at: datetime
    agency: str | None = None
    scale: str | None = None
    occupation: str | None = None
    listed_on: str | None = None


class ListedWorkers(msgspec.Struct, frozen=True, gc=False):
    total: Head | None = None
    management: Head | None = None
    staff: Head | None = None
    labour: Head | None = None


class Listing(msgspec.Struct, frozen=True, gc=False):
    agency: str
    list: str
    listed_on: str | None = None


class Listed(msgspec.Struct, frozen=True, gc=False):
    """A partner fact: whether, since when and with how many workers a list names it."""

    partner_id: str
    version: Version
    status: str
    region: str
    kind: str
    recorded_at: datetime
    scale: str | None = None
    occupation: str | None = None
    workers: ListedWorkers = ListedWorkers()
    lists: tuple[Listing, ...] = ()
    listed_on: str | None = None
