"""What the operator may set: cadence, contact hours, channels, the amount named in messages.

A policy is effective-dated data in the table `policies`; these are its shapes and the rules it must keep.
"""

from dataclasses import dataclass, field, replace
from datetime import date, time
from hashlib import blake2b
from itertools import pairwise
from typing import ClassVar, Literal

from shared.events.model import Kind

ChannelName = Literal["whatsapp", "sms", "email", "log"]
AddressKind = Literal["phone", "email"]
KIND_OF: dict[ChannelName, AddressKind] = {"whatsapp": "phone", "sms": "phone", "email": "email"}
"""The kind of address that a channel needs; the log needs none."""
Language = Literal["id", "en"]
Segment = Literal["PU", "BPU"]
SEGMENT_OF: dict[Kind, Segment] = {"cooperative": "PU", "business": "PU", "individual": "BPU"}
"""Whether a partner of this kind would register employees or itself."""

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class Strict:
    """A misspelt name is an error at the API, not a setting that silently stays as it was."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}


MAX_STEPS = 10
MAX_DAYS = 365
MAX_QUIET = 50
MAX_WORDINGS = 100
MAX_GROUPS = 50
CAP_DAYS = 30
"""The month of `Caps.per_month`: any so many days in a row."""


@dataclass(frozen=True)
class Step(Strict):
    """One message: sent on the first contact day from `days` after the anchor day on."""

    template: str
    days: int


@dataclass(frozen=True)
class Quiet(Strict):
    """No contact on this weekday from `start` to before `end`, local time."""

    weekday: Weekday
    start: time
    end: time


@dataclass(frozen=True)
class ContactHours(Strict):
    """When a partner may be contacted, in the partner's own local time (after POJK 22/2023)."""

    weekdays: tuple[Weekday, ...] = WEEKDAYS[:6]
    start: time = time(8)
    end: time = time(20)
    quiet: tuple[Quiet, ...] = (Quiet("friday", time(11, 30), time(13)),)
    spread_until: time = time(19)
    """First attempts are spread from `start` to here; the rest of the day is left for retries."""
    on_collective_leave: bool = False
    closed_days: tuple[date, ...] = ()


@dataclass(frozen=True)
class Caps(Strict):
    """How many messages an address gets at most, from all agencies and for all its partners together."""

    per_day: int = 1
    per_month: int = 4
    """Within any CAP_DAYS days."""


@dataclass(frozen=True)
class Wording(Strict):
    """Another text for a template in one channel and language; an e-mail's subject is its first line.

    `{name}`, `{addressee}` and `{amount}` stand for the partner's name, the person and the monthly amount.
    """

    template: str
    channel: ChannelName
    language: Language
    text: str
    variant: str = ""
    """Texts that are tried against each other differ in this alone; messages are counted under `label`."""

    @property
    def label(self) -> str:
        """The template's name, and the variant's behind it."""
        return f"{self.template}-{self.variant}" if self.variant else self.template


@dataclass(frozen=True)
class Price(Strict):
    """What one message through this channel costs, in whole rupiah."""

    channel: ChannelName
    rupiah: int


@dataclass(frozen=True)
class Group(Strict):
    """Partners for whom something else holds: those that fit every condition that is given here (empty: any). What is
    None is as the policy itself says. Of several groups that fit, the first counts."""

    name: str
    regions: tuple[str, ...] = ()
    """With all below them."""
    kinds: tuple[Kind, ...] = ()
    segments: tuple[Segment, ...] = ()
    agencies: tuple[str, ...] = ()
    """Those that list the partner, or did."""
    steps: tuple[Step, ...] | None = None
    escalate_after_days: int | None = None
    min_gap_days: int | None = None
    channels: tuple[ChannelName, ...] | None = None


@dataclass(frozen=True)
class Pause(Strict):
    """What is not sent until the operator lets it go on: everything, some channels, some regions with all below."""

    all: bool = False
    channels: tuple[ChannelName, ...] = ()
    regions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Paused:
    """A pause as it is decided by: its regions as the regencies in them."""

    everything: bool = False
    channels: frozenset[ChannelName] = frozenset()
    regencies: frozenset[str] = frozenset()


NOTHING_PAUSED = Paused()


@dataclass(frozen=True)
class Policy(Strict):
    """The whole reminder policy that is effective from a day on."""

    steps: tuple[Step, ...]
    escalate_after_days: int = 7
    min_gap_days: int = 4
    """Two messages to one partner are never closer than this, whatever was missed or moved."""
    channels: tuple[ChannelName, ...] = ("whatsapp", "sms", "email")
    """In the order in which they are tried: the first with an address that was not refused for good."""
    caps: Caps = field(default_factory=Caps)
    wordings: tuple[Wording, ...] = ()
    hours: ContactHours = field(default_factory=ContactHours)
    contribution_from: int = 16_800
    """Whole rupiah a month named to own-account workers."""
    groups: tuple[Group, ...] = ()
    prices: tuple[Price, ...] = ()
    """Channels without one cost nothing."""

    def wording(self, template: str, channel: ChannelName, language: Language, partner_id: str) -> Wording | None:
        """The operator's own text; None: the one that comes with the service. Of several variants a partner always gets
        the same, each about as many partners."""
        asked = (template, channel, language)
        able = [each for each in self.wordings if (each.template, each.channel, each.language) == asked]
        return max(able, key=lambda each: hash_of(partner_id, template, each.variant), default=None)

    def of(self, group: Group) -> "Policy":
        """The policy as it holds for the group."""
        own = {name: value for name in OF_GROUPS if (value := getattr(group, name)) is not None}
        return replace(self, **own)


def hash_of(*words: str) -> bytes:
    return blake2b("|".join(words).encode(), digest_size=8).digest()


OF_GROUPS = ("steps", "escalate_after_days", "min_gap_days", "channels")
"""What of a policy a group may have of its own."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What keeps a policy from being used, and which field of it."""

    field: str
    detail: str


def faults(policy: Policy, templates: frozenset[str]) -> list[Fault]:
    """All that keeps this policy from being used; empty when it is sound."""
    found = [*_cadence_faults(policy, templates), *_hours_faults(policy.hours), *_price_faults(policy.prices)]
    return found or _groups_faults(policy, templates)


def _price_faults(prices: tuple[Price, ...]) -> list[Fault]:
    named = [each.channel for each in prices]
    checks = [
        (len(set(named)) == len(named), "There is one price a channel."),
        (all(0 <= each.rupiah <= 100_000 for each in prices), "A price lies between 0 and 100000 rupiah."),
    ]
    return [Fault("prices", detail) for sound, detail in checks if not sound]


def _groups_faults(policy: Policy, templates: frozenset[str]) -> list[Fault]:
    groups = policy.groups
    if len(groups) > MAX_GROUPS:
        return [Fault("groups", f"There are at most {MAX_GROUPS} groups.")]
    if len({each.name for each in groups}) < len(groups):
        return [Fault("groups", "Each group has a name of its own.")]
    found = []
    for number, group in enumerate(groups):
        own = [*_group_faults(group), *_cadence_faults(policy.of(group), templates)]
        found += [Fault(f"groups.{number}.{each.field}", each.detail) for each in own]
    return found


def _group_faults(group: Group) -> list[Fault]:
    conditions = (group.regions, group.kinds, group.segments, group.agencies)
    is_named = 1 <= len(group.name) <= 100 and group.name.isprintable()
    slugs = all(each.isprintable() and each and " " not in each for each in group.agencies)
    checks = [
        (is_named, "name", "A name has between 1 and 100 printable characters."),
        (any(conditions), "regions", "A group needs a condition: regions, kinds, segments or agencies."),
        (all(len(each) <= 600 for each in conditions), "regions", "A group has at most 600 of each condition."),
        (slugs, "agencies", "Agencies are named as in their addresses."),
    ]
    return [Fault(field, detail) for sound, field, detail in checks if not sound]


def _cadence_faults(policy: Policy, templates: frozenset[str]) -> list[Fault]:
    days = [step.days for step in policy.steps]
    named = [step.template for step in policy.steps]
    checks = [
        (1 <= len(days) <= MAX_STEPS, "steps", f"Between 1 and {MAX_STEPS} steps are needed."),
        (all(1 <= day <= MAX_DAYS for day in days), "steps", f"Days lie between 1 and {MAX_DAYS}."),
        (all(a < b for a, b in pairwise(days)), "steps", "Days must rise from step to step."),
        (templates.issuperset(named), "steps", f"The templates are {', '.join(sorted(templates))}."),
        (1 <= policy.escalate_after_days <= MAX_DAYS, "escalate_after_days", f"This lies between 1 and {MAX_DAYS}."),
        (1 <= policy.min_gap_days <= MAX_DAYS, "min_gap_days", f"This lies between 1 and {MAX_DAYS}."),
        (0 < len(set(policy.channels)) == len(policy.channels), "channels", "At least one is needed, none twice."),
        (1 <= policy.caps.per_day <= 3, "caps.per_day", "This lies between 1 and 3."),
        (1 <= policy.caps.per_month <= 31, "caps.per_month", "This lies between 1 and 31."),
        (1 <= policy.contribution_from <= 10_000_000, "contribution_from", "This lies between 1 and 10000000."),
    ]
    return [Fault(field, detail) for sound, field, detail in checks if not sound]


def _hours_faults(hours: ContactHours) -> list[Fault]:
    own = {"start": hours.start, "end": hours.end, "spread_until": hours.spread_until}
    clocks = [*own.items()]
    clocks += [("quiet", clock) for quiet in hours.quiet for clock in (quiet.start, quiet.end)]
    for name, clock in clocks:
        if clock.tzinfo or clock.microsecond:
            return [Fault(f"hours.{name}", "Times are local, in whole seconds, and carry no zone.")]
    start_to_end = hours.start < hours.spread_until <= hours.end
    checks = [
        (0 < len(set(hours.weekdays)) == len(hours.weekdays), "weekdays", "At least one is needed, none twice."),
        ("sunday" not in hours.weekdays, "weekdays", "Nobody is contacted on a Sunday."),
        (start_to_end, "spread_until", "This lies after the start and not after the end."),
        (time(8) <= hours.start, "start", "Contact is never before 08:00."),
        (hours.end <= time(20), "end", "Contact is never after 20:00."),
        (len(hours.quiet) <= MAX_QUIET, "quiet", f"There are at most {MAX_QUIET} quiet times."),
        (all(quiet.start < quiet.end for quiet in hours.quiet), "quiet", "The start lies before the end."),
        (len(hours.closed_days) <= 366, "closed_days", "There are at most 366 closed days."),
    ]
    found = [Fault(f"hours.{field}", detail) for sound, field, detail in checks if not sound]
    return found or _empty_days(hours)


def _empty_days(hours: ContactHours) -> list[Fault]:
    """Weekdays on which the quiet times leave nothing to spread messages over."""
    empty = [day for day in hours.weekdays if not windows(hours, WEEKDAYS.index(day), hours.spread_until)]
    return [Fault("hours.quiet", f"This leaves no time on {day}.") for day in empty]


def windows(hours: ContactHours, weekday: int, end: time) -> list[tuple[time, time]]:
    """The half-open spans of contact time on a weekday (Monday 0), cut at `end`."""
    open_spans = [(hours.start, end)]
    for quiet in hours.quiet:
        if quiet.weekday == WEEKDAYS[weekday]:
            open_spans = [part for span in open_spans for part in _without(span, quiet)]
    return open_spans


def _without(span: tuple[time, time], quiet: Quiet) -> list[tuple[time, time]]:
    before = (span[0], min(span[1], quiet.start))
    after = (max(span[0], quiet.end), span[1])
    return [part for part in (before, after) if part[0] < part[1]]
