"""What coverage reads of a fact: narrow types for quick decoding; fields it does not need are skipped.

Dates stay text here: `timelines.DAY_NUMBERS` keeps each date's day number after the first use, which is cheaper than a
date.
"""

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec

from shared.events.model import Programme, Segment

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""A time with its zone; one without has no second that everybody agrees on."""

Amount = Annotated[int, msgspec.Meta(ge=0, le=10**12)]
"""Whole rupiah. Above, it is an error of the sender: no claim is a thousand times the highest benefit."""

Measured = Annotated[float, msgspec.Meta(ge=0, le=1e12)]
Name = Annotated[str, msgspec.Meta(max_length=200, pattern=r"^[^\x00]*\Z")]
Source = Annotated[str, msgspec.Meta(max_length=400, pattern=r"^[^\x00]*\Z")]
"""Texts that are part of a key: longer ones have no place in an index, NUL none in PostgreSQL."""

HeadCount = Annotated[int, msgspec.Meta(ge=0, le=10_000_000)]
"""Above ten million it is an error of the sender; below, the sums of a batch stay within PostgreSQL's integer."""

Guests = Annotated[int, msgspec.Meta(ge=0, le=10_000_000)]
"""Who came to a briefing, or may come."""

Version = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]


class Workers(msgspec.Struct, frozen=True, gc=False):
    management: HeadCount = 0
    staff: HeadCount = 0
    labour: HeadCount = 0


class PeriodFact(msgspec.Struct, frozen=True, gc=False):
    """One period of insurance, [from, until)."""

    start: str = msgspec.field(name="from")
    region: str
    segment: Segment
    programmes: tuple[Programme, ...]
    workers: Workers
    until: str | None = None


class EnrollmentFact(msgspec.Struct, frozen=True, gc=False):
    """`enrollments`, narrowed: the partner's whole timeline."""

    partner_id: str
    version: Version
    kind: str
    periods: tuple[PeriodFact, ...]
    recorded_at: Moment
    agency: str | None = None
    scale: str | None = None
    occupation: str | None = None
    listed_on: str | None = None
    cooperative_id: str | None = None
    channel_id: str | None = None


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
    """`partners`, narrowed: whether and since when a list names the partner, with what workers, as whose member."""

    partner_id: str
    version: Version
    status: str
    region: str
    kind: str
    recorded_at: Moment
    scale: str | None = None
    occupation: str | None = None
    workers: ListedWorkers = ListedWorkers()
    lists: tuple[ListFact, ...] = ()
    listed_on: str | None = None
    cooperative_id: str | None = None
    merged_into: str | None = None


class ClaimFact(msgspec.Struct, frozen=True):
    """`claims`, narrowed, with the bounds that a claim has."""

    claim_id: str
    version: Version
    region: str
    programme: Programme
    segment: Segment
    amount: Amount
    status: Literal["filed", "paid", "rejected", "withdrawn"]
    occurred_on: date
    tenure_months: Annotated[int, msgspec.Meta(ge=0, le=2_400)]
    recorded_at: Moment
    agency: Name


class DenominatorFact(msgspec.Struct, frozen=True):
    """`denominator.set` with its bounds."""

    region: Name
    measure: Name
    value: Measured
    as_of: date
    source: Source
    status: Name
    recorded_at: Moment
    agency: Name


class TargetFact(msgspec.Struct, frozen=True):
    """`target.set` with its bounds."""

    region: Name
    measure: Name
    value: Annotated[int, msgspec.Meta(ge=0, le=10**12)]
    start: date = msgspec.field(name="from")
    until: date
    source: Source
    recorded_at: Moment
    agency: Name
    list: Annotated[str, msgspec.Meta(max_length=400, pattern=r"^[^\x00]*\Z")] | None = None


class BriefingFact(msgspec.Struct, frozen=True):
    """`briefing.held` with its bounds; `attendees` are partners."""

    region: Name
    held_on: date
    recorded_at: Moment
    agency: Name
    quota: Guests | None = None
    present: Guests | None = None
    attendees: tuple[str, ...] = ()


class OutreachFact(msgspec.Struct, frozen=True):
    """`outreach`, whatever its type."""

    partner_id: str
    region: Name
    recorded_at: Moment
    template: Name | None = None
    channel: Name | None = None
    agent_id: Name | None = None
    outcome: Name | None = None
    causation: Name | None = None


class StatementFact(msgspec.Struct, frozen=True):
    """What coverage reads of an agreement: that its agency is not silent."""

    recorded_at: Moment
    agency: Name
