"""What the operator may set: cadence, contact hours, channels, the amount named in messages.

A policy is effective-dated data in the table `policies`; these are its shapes and the rules it must keep.
"""

from dataclasses import dataclass, field
from datetime import date, time
from itertools import pairwise
from typing import ClassVar, Literal

ChannelName = Literal["email", "log"]

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class Strict:
    """A misspelt name is an error at the API, not a setting that silently stays as it was."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}


MAX_STEPS = 10
MAX_DAYS = 365


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
class Policy(Strict):
    """The whole reminder policy in force from a day on."""

    steps: tuple[Step, ...]
    escalate_after_days: int = 7
    min_gap_days: int = 4
    """Two messages to one partner are never closer than this, whatever was missed or moved."""
    channels: tuple[ChannelName, ...] = ("email",)
    hours: ContactHours = field(default_factory=ContactHours)
    contribution_from: int = 16_800
    """Whole rupiah a month named to own-account workers."""


def faults(policy: Policy, templates: frozenset[str]) -> list[str]:
    """What keeps this policy from being used; empty when it is sound."""
    return [*_cadence_faults(policy, templates), *_hours_faults(policy.hours)]


def _cadence_faults(policy: Policy, templates: frozenset[str]) -> list[str]:
    days = [step.days for step in policy.steps]
    checks = {
        f"steps: between 1 and {MAX_STEPS} are needed": 1 <= len(days) <= MAX_STEPS,
        f"steps: days lie between 1 and {MAX_DAYS}": all(1 <= day <= MAX_DAYS for day in days),
        "steps: days must rise from step to step": all(a < b for a, b in pairwise(days)),
        f"steps: templates are {', '.join(sorted(templates))}": all(s.template in templates for s in policy.steps),
        f"escalate_after_days lies between 1 and {MAX_DAYS}": 1 <= policy.escalate_after_days <= MAX_DAYS,
        f"min_gap_days lies between 1 and {MAX_DAYS}": 1 <= policy.min_gap_days <= MAX_DAYS,
        "channels: at least one is needed, none twice": 0 < len(set(policy.channels)) == len(policy.channels),
        "contribution_from lies between 1 and 10000000": 1 <= policy.contribution_from <= 10_000_000,
    }
    return [fault for fault, sound in checks.items() if not sound]


def _hours_faults(hours: ContactHours) -> list[str]:
    clocks = [
        hours.start,
        hours.end,
        hours.spread_until,
        *(t for quiet in hours.quiet for t in (quiet.start, quiet.end)),
    ]
    if any(clock.tzinfo for clock in clocks):
        return ["hours: times are local and carry no zone"]
    checks = {
        "hours.weekdays: at least one is needed": bool(hours.weekdays),
        "hours: start lies before spread_until, and that not after end": hours.start < hours.spread_until <= hours.end,
        "hours: contact is never before 08:00 or after 20:00": time(8) <= hours.start and hours.end <= time(20),
        "hours.quiet: start lies before end": all(quiet.start < quiet.end for quiet in hours.quiet),
        "hours.closed_days: at most 366": len(hours.closed_days) <= 366,
    }
    faults = [fault for fault, sound in checks.items() if not sound]
    return faults or _empty_days(hours)


def _empty_days(hours: ContactHours) -> list[str]:
    """Weekdays on which the quiet times leave nothing to spread messages over."""
    empty = [day for day in hours.weekdays if not windows(hours, WEEKDAYS.index(day), hours.spread_until)]
    return [f"hours.quiet leaves no time on {day}" for day in empty]


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
