"""What the figures are compared with: denominators, targets, briefings, agreements."""

import msgspec

from shared.events.model import Day, Topic, date, datetime

TOPIC = Topic("reference")


class Denominator(msgspec.Struct, frozen=True):
    """A published figure with its day and source; a newer one is a new fact, never a correction."""

    region: str
    measure: str
    value: float
    as_of: date
    source: str
    status: str
    recorded_at: datetime
    agency: str


class Target(msgspec.Struct, frozen=True):
    """So many first enrolments are to fall within [from, until], both days included; `list` narrows whose."""

    region: str
    measure: str
    value: int
    start: date = msgspec.field(name="from")
    until: date
    source: str
    recorded_at: datetime
    agency: str
    list: str | None = None


class Briefing(msgspec.Struct, frozen=True):
    """A briefing (sosialisasi); `attendees` are the partner ids of those known, `present` counts all who came."""

    region: str
    name: str
    batch: str
    held_on: date
    recorded_at: datetime
    agency: str
    quota: int | None = None
    present: int | None = None
    attendees: tuple[str, ...] = ()


class Agreement(msgspec.Struct, frozen=True):
    """An agreement between agencies; many have no number. It holds from `from` to `until`, both included, if known."""

    title: str
    parties: tuple[str, ...]
    date: date
    region: str
    recorded_at: datetime
    agency: str
    number: str | None = None
    start: Day | None = msgspec.field(name="from", default=None)
    until: Day | None = None


STATED = {
    "denominator.set": Denominator,
    "target.set": Target,
    "briefing.held": Briefing,
    "agreement.signed": Agreement,
}
WITHDRAWN = {
    "target.set": "target.withdrawn",
    "briefing.held": "briefing.withdrawn",
    "agreement.signed": "agreement.withdrawn",
}
"""What was stated → the type that says that it does not hold any more; its value is the last one stated."""
TYPES = STATED | {withdrawn: STATED[stated] for stated, withdrawn in WITHDRAWN.items()}


def key(measure: str, region: str, as_of: date, source: str) -> str:
    """The record key: measure/region/as_of/source (briefings and agreements: their type as measure)."""
    return f"{measure}/{region}/{as_of.isoformat()}/{source}"
