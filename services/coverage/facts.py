"""What coverage reads of a fact: narrow types for quick decoding; fields it does not need are skipped.

Dates stay text here: `timelines.DAY_NUMBERS` keeps each date's day number after the first use, which is cheaper than a
date.
"""

from datetime import datetime
from typing import Annotated

import msgspec

HeadCount = Annotated[int, msgspec.Meta(ge=0, le=10_000_000)]
"""Above ten million it is an error of the sender; below, the sums of a batch stay within PostgreSQL's integer."""

Version = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]


class Workers(msgspec.Struct, frozen=True, gc=False):
    management: HeadCount = 0
    staff: HeadCount = 0
    labour: HeadCount = 0


class PeriodFact(msgspec.Struct, frozen=True, gc=False):
    """One period of insurance, [from, until)."""

    start: str = msgspec.field(name="from")
    region: str
    segment: str
    programmes: tuple[str, ...]
    workers: Workers
    until: str | None = None


class EnrollmentFact(msgspec.Struct, frozen=True, gc=False):
    """`enrollments`, narrowed: the partner's whole timeline."""

    partner_id: str
    version: Version
    kind: str
    periods: tuple[PeriodFact, ...]
    recorded_at: datetime
    agency: str | None = None
    scale: str | None = None
    occupation: str | None = None
    listed_on: str | None = None


class ListedWorkers(msgspec.Struct, frozen=True, gc=False):
    total: HeadCount | None = None
    management: HeadCount | None = None
    staff: HeadCount | None = None
    labour: HeadCount | None = None


class ListFact(msgspec.Struct, frozen=True, gc=False):
    """One list that names a partner."""

    agency: str
    list: str
    listed_on: str | None = None


class PartnerFact(msgspec.Struct, frozen=True, gc=False):
    """`partners`, narrowed: whether, since when and with how many workers a list names the partner."""

    partner_id: str
    version: Version
    status: str
    region: str
    kind: str
    recorded_at: datetime
    scale: str | None = None
    occupation: str | None = None
    workers: ListedWorkers = ListedWorkers()
    lists: tuple[ListFact, ...] = ()
    listed_on: str | None = None
