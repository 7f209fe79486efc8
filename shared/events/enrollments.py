"""Who is insured and when: a partner's whole enrolment timeline over all its participant numbers."""

import msgspec

from shared.events.model import Kind, Programme, Scale, Segment, Topic, Workers, date, datetime

TOPIC = Topic("enrollments")


class Period(msgspec.Struct, frozen=True):
    """Insured in `programmes` on every day of [from, until); `until` None is open-ended."""

    start: date = msgspec.field(name="from")
    until: date | None
    region: str
    segment: Segment
    programmes: tuple[Programme, ...]
    workers: Workers


class Enrollment(msgspec.Struct, frozen=True):
    """A partner's timeline: disjoint periods in order. `listed_on` None keeps it out of coverage.

    `cooperative_id`: whose member it is by its lists; `channel_id`: the cooperative (wadah) that it enrolled through.
    """

    partner_id: str
    version: int
    kind: Kind
    periods: tuple[Period, ...]
    recorded_at: datetime
    agency: str | None = None
    scale: Scale | None = None
    occupation: str | None = None
    cooperative_id: str | None = None
    listed_on: date | None = None
    channel_id: str | None = None


TYPES = dict.fromkeys(
    ("enrollment.registered", "enrollment.changed", "enrollment.lapsed", "enrollment.reinstated"), Enrollment
)
