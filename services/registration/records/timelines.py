"""A participant's versions, a partner's periods: who is insured in what, from when until when.

A version holds from its `effective_on` until its own end or the next version; one without programmes is a lapse.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from uuid import UUID

from services.registration.identity.keys import Keys
from services.registration.intake.values import Refusal
from shared.events.enrollments import Period
from shared.events.model import PROGRAMMES, Programme, Scale, Segment, Workers


@dataclass(frozen=True, slots=True)
class Version:
    """A participant's state from `effective_on` on. `keys` are what its partner is looked up by."""

    effective_on: date
    until: date | None
    region: str
    segment: Segment
    programmes: tuple[Programme, ...]
    workers: Workers
    scale: Scale | None = None
    keys: Keys | None = None
    agency: str = ""
    channel: UUID | None = None
    """The cooperative through which it was sent, as it was called then."""

    @property
    def lapses(self) -> bool:
        return not self.programmes

    def same_as(self, other: "Version") -> bool:
        """Whether sending the other again changes nothing: the rule's four equals, and no channel that is new."""
        return other.channel in (None, self.channel) and (
            self.effective_on,
            self.until,
            self.programmes,
            self.workers,
        ) == (
            other.effective_on,
            other.until,
            other.programmes,
            other.workers,
        )


History = tuple[Version, ...]
"""One participant's versions in the order of effective_on, at most one a day."""


def state_on(history: History, day: date) -> Version | None:
    """The version in force on that day, or None: not yet, lapsed or ended."""
    at = bisect_right(history, day, key=lambda version: version.effective_on)
    if not at or history[at - 1].lapses:
        return None
    version = history[at - 1]
    return None if version.until is not None and version.until <= day else version


def first_start(history: History) -> date | None:
    return next((version.effective_on for version in history if not version.lapses), None)


def channel(histories: Iterable[History]) -> UUID | None:
    """The channel of the newest version that names one."""
    named = [version for history in histories for version in history if version.channel is not None]
    return max(named, key=lambda version: version.effective_on).channel if named else None


def judge(history: History, new: Version) -> tuple[History, Refusal | None]:
    """The history with `new` in it (a version of the same day is replaced), or a refusal and the history as it was.

    A programme once joined is not dropped while the participant is active (domain rule); a backdated version may not
    turn a later accepted one into a drop either. An equal version changes nothing: the same history is returned.
    """
    at = bisect_right(history, new.effective_on, key=lambda version: version.effective_on)
    replaces = at > 0 and history[at - 1].effective_on == new.effective_on
    before = history[: at - 1] if replaces else history[:at]
    if replaces and history[at - 1].same_as(new):
        return history, None
    if new.lapses and state_on(history, new.effective_on) is None:
        return history, Refusal("event_outside_membership", "effective_on", "The participant is not active then.")
    if before and _drops(before[-1], new):
        return history, Refusal("programme_dropped", "programmes", "A programme once joined is kept while active.")
    if at < len(history) and _drops(new, history[at]):
        return history, Refusal("programme_dropped", "programmes", "A later version lacks a programme of this one.")
    return (*before, new, *history[at:]), None


def _drops(earlier: Version, later: Version) -> bool:
    ended = earlier.lapses or later.lapses or (earlier.until is not None and earlier.until <= later.effective_on)
    return not ended and not set(earlier.programmes) <= set(later.programmes)


def own_periods(history: History) -> list[Period]:
    """One participant's periods in order: disjoint, half-open."""
    found = []
    for position, version in enumerate(history):
        following = history[position + 1].effective_on if position + 1 < len(history) else None
        until = min((day for day in (version.until, following) if day is not None), default=None)
        if not version.lapses and (until is None or until > version.effective_on):
            found.append(
                Period(
                    start=version.effective_on,
                    until=until,
                    region=version.region,
                    segment=version.segment,
                    programmes=version.programmes,
                    workers=version.workers,
                )
            )
    return found


def united(histories: Iterable[History], region: str | None) -> tuple[Period, ...]:
    """A partner's timeline: programmes united, workers summed, PU if any is PU; `region` None keeps each one's own."""
    periods = [period for history in histories for period in own_periods(history)]
    if region is not None:
        periods = [_moved(period, region) for period in periods]
    if _already_disjoint(periods):
        return _joined(sorted(periods, key=lambda period: period.start))
    days = sorted({day for period in periods for day in (period.start, period.until) if day is not None})
    pieces = []
    for position, start in enumerate(days):
        until = days[position + 1] if position + 1 < len(days) else None
        active = [p for p in periods if p.start <= start and (p.until is None or p.until > start)]
        if active:
            pieces.append(_summed(active, start, until))
    return _joined(pieces)


def _moved(period: Period, region: str) -> Period:
    if period.region == region:
        return period
    return Period(period.start, period.until, region, period.segment, period.programmes, period.workers)


def _already_disjoint(periods: Sequence[Period]) -> bool:
    ordered = sorted(periods, key=lambda period: period.start)
    return all(a.until is not None and a.until <= b.start for a, b in pairwise(ordered))


def _summed(active: Sequence[Period], start: date, until: date | None) -> Period:
    held = {name for period in active for name in period.programmes}
    return Period(
        start=start,
        until=until,
        region=active[-1].region,
        segment="PU" if any(period.segment == "PU" for period in active) else "BPU",
        programmes=tuple(name for name in PROGRAMMES if name in held),
        workers=Workers(
            sum(period.workers.management for period in active),
            sum(period.workers.staff for period in active),
            sum(period.workers.labour for period in active),
        ),
    )


def _joined(pieces: Sequence[Period]) -> tuple[Period, ...]:
    """Neighbours that say the same are one period."""
    joined: list[Period] = []
    for piece in pieces:
        if joined and joined[-1].until == piece.start and _same_cover(joined[-1], piece):
            piece = Period(
                joined.pop().start, piece.until, piece.region, piece.segment, piece.programmes, piece.workers
            )
        joined.append(piece)
    return tuple(joined)


def _same_cover(a: Period, b: Period) -> bool:
    return (a.region, a.segment, a.programmes, a.workers) == (b.region, b.segment, b.programmes, b.workers)


def judge_claim(history: History, programme: Programme, day: date) -> Version | Refusal:
    """The version in force on the day it happened, which held the programme; else why the claim is refused."""
    current = state_on(history, day)
    if current is None:
        return Refusal("event_outside_membership", "occurred_on", "The participant was not active on that day.")
    if programme not in current.programmes:
        return Refusal("programme_not_held", "programme", f"The participant did not hold {programme} on that day.")
    return current


def tenure_months(history: History, day: date) -> int:
    """Whole months from the participant's first start to that day."""
    start = first_start(history)
    if start is None or start > day:
        return 0
    return (day.year - start.year) * 12 + day.month - start.month - (day.day < start.day)


def change_type(before: Sequence[Period] | None, after: Sequence[Period]) -> str:
    """The event's name for going from one timeline to another; None is 'no fact yet'."""
    if not before:
        return "enrollment.registered" if after else "enrollment.changed"
    was_open, is_open = before[-1].until is None, bool(after) and after[-1].until is None
    if was_open != is_open:
        return "enrollment.reinstated" if is_open else "enrollment.lapsed"
    return "enrollment.changed"
