"""The reminder rules: pure. Facts of one partner, the policy, the calendar and the time go in; what to do comes out.

The engine, the dry run and the answers to 'why' all call `decide`; nothing here touches a database or a clock. The
sentence that each decision carries is made in `reasons.py`.

- The *anchor* is the day from which the cadence is counted: the local day on which the current listing became known;
  after a lapse, the day the lapse takes effect or became known, whichever is later.
- Step i is due on the first contact day from anchor + its days on, and never closer than `min_gap_days` to the message
  before. Missed steps (the system was down) are therefore sent one at a time: a partner never gets a burst.
- A message counts for the current cadence if it was sent on a local day after the anchor, whoever of the partners that
  were merged into this one received it.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from services.notifications import reasons
from services.notifications.calendar import Calendar, zone_of
from services.notifications.facts import OPEN_END, Facts
from services.notifications.policy import ChannelName, Policy

State = Literal["scheduled", "waiting", "stopped", "escalated", "opted_out", "unreachable"]


@dataclass(frozen=True, slots=True)
class NextMessage:
    """The next message."""

    at: datetime
    channel: ChannelName
    template: str


@dataclass(frozen=True, slots=True)
class Send:
    """Send this step's message now."""

    episode: date
    step: int
    channel: ChannelName
    template: str


@dataclass(frozen=True, slots=True)
class Escalate:
    """Reminders did not help, or cannot: somebody is asked to visit the partner now."""

    episode: date
    reason: Literal["unanswered", "unreachable"] = "unanswered"


Action = Send | Escalate


@dataclass(frozen=True, slots=True)
class Decision:
    """The partner's state, why (one sentence), the next message, when to decide again, what to do at once."""

    state: State
    why: str
    next: NextMessage | None = None
    due_at: datetime | None = None
    actions: tuple[Action, ...] = ()


def decide(facts: Facts, policy: Policy, calendar: Calendar, now: datetime) -> Decision:
    """Decide about one partner at `now` (aware)."""
    return _no_reminders(facts, facts.local_day(now)) or _cadence(facts, policy, calendar, now)


def _no_reminders(facts: Facts, today: date) -> Decision | None:
    """The decision that nothing is sent at all; None if the cadence decides."""
    if facts.status == "merged":
        return Decision("stopped", reasons.MERGED)
    if facts.status == "erased":
        return Decision("stopped", reasons.ERASED)
    if facts.opted_out_at:
        return Decision("opted_out", reasons.opted_out(facts.local_day(facts.opted_out_at)))
    if facts.insured_until and facts.insured_until > today:
        return _registered(facts, facts.insured_until, today)
    if not facts.listed_known_at:
        return Decision("stopped", reasons.NOT_LISTED)
    if not facts.is_region_known:
        return Decision("stopped", reasons.REGION_UNKNOWN)
    return None


def _registered(facts: Facts, until: date, today: date) -> Decision:
    """Stopped; decided again on the day the registration ends."""
    lapse = None if until == OPEN_END else datetime.combine(until, time.min, zone_of(facts.zone))
    return Decision("stopped", reasons.registered(facts.insured_from or today, until, today), due_at=lapse)


def _cadence(facts: Facts, policy: Policy, calendar: Calendar, now: datetime) -> Decision:
    anchor = facts.anchor
    if facts.visited_on is not None:
        return _visited(facts.visit_outcome or "visited", facts.visited_on)
    escalated_on = facts.local_day(facts.escalated_at) if facts.escalated_at else None
    if escalated_on and escalated_on > anchor:
        return Decision("escalated", reasons.escalated(escalated_on))
    done = max((sent.step for sent in facts.sent if facts.local_day(sent.at) > anchor), default=0)
    if done >= len(policy.steps):
        return _escalation(facts, policy, calendar, now, anchor)
    return _step(facts, policy, calendar, now, anchor, done)


def _visited(outcome: str, on: date) -> Decision:
    """Somebody was there: people go on with it, not messages."""
    match outcome:
        case "refused":
            return Decision("stopped", reasons.refused(on))
        case "confirmed":
            return Decision("stopped", reasons.confirmed(on))
        case "already_enrolled":
            return Decision("waiting", reasons.said_enrolled(on))
        case _:
            return Decision("escalated", reasons.visited(outcome, on))


def _escalation(facts: Facts, policy: Policy, calendar: Calendar, now: datetime, anchor: date) -> Decision:
    last = facts.last_message_day
    assert last is not None
    at = _contact_time(last + timedelta(days=policy.escalate_after_days), facts, calendar, now)
    if at <= now:
        return Decision("escalated", reasons.escalated(facts.local_day(now)), actions=(Escalate(anchor),))
    return Decision("waiting", reasons.escalation_due(last, at.date()), due_at=at)


def _step(facts: Facts, policy: Policy, calendar: Calendar, now: datetime, anchor: date, done: int) -> Decision:
    """The step after the `done` ones: sent now if its time has come."""
    channel = _channel(facts, policy)
    step = policy.steps[done]
    if channel is None and facts.asked_at and facts.local_day(facts.asked_at) > anchor:
        return Decision("escalated", reasons.handed_over(_problem(facts), facts.local_day(facts.asked_at)))
    at = _contact_time(_planned_day(facts, policy, anchor, step.days), facts, calendar, now)
    if channel is None:
        return _unreachable(facts, anchor, at, now)
    why = reasons.reminder_due(
        done + 1,
        len(policy.steps),
        at.date(),
        anchor=anchor,
        lapsed=_is_after_lapse(facts, anchor),
        postponed=facts.retry_at is not None,
    )
    actions = (Send(anchor, done + 1, channel, step.template),) if at <= now else ()
    return Decision("scheduled", why, NextMessage(at, channel, step.template), at, actions)


def _unreachable(facts: Facts, anchor: date, at: datetime, now: datetime) -> Decision:
    """A visit is asked for when a reminder would be due."""
    if at > now:
        return Decision("unreachable", reasons.visit_due(_problem(facts), at.date()), due_at=at)
    why = reasons.handed_over(_problem(facts), facts.local_day(now))
    return Decision("escalated", why, actions=(Escalate(anchor, "unreachable"),))


def _problem(facts: Facts) -> str:
    return reasons.ADDRESS_REFUSED if facts.has_email else reasons.NO_ADDRESS


def _is_after_lapse(facts: Facts, anchor: date) -> bool:
    """Whether the anchor is the day of a lapse, not that of the listing."""
    listed = facts.listed_known_at
    return facts.insured_until is not None and listed is not None and facts.local_day(listed) < anchor


def _planned_day(facts: Facts, policy: Policy, anchor: date, days: int) -> date:
    planned = anchor + timedelta(days=days)
    last = facts.last_message_day
    return planned if last is None else max(planned, last + timedelta(days=policy.min_gap_days))


def _contact_time(planned: date, facts: Facts, calendar: Calendar, now: datetime) -> datetime:
    """The partner's own second of the planned day; of what was missed, the first contact time from now on."""
    earliest = facts.earliest(now)
    today = facts.local_day(earliest)
    slot = calendar.slot(calendar.contact_day(max(planned, today)), facts.zone, facts.partner_id)
    if slot >= earliest:
        return slot
    free = calendar.next_contact_time(earliest, facts.zone)
    return free if free.date() == today else calendar.slot(free.date(), facts.zone, facts.partner_id)


def _channel(facts: Facts, policy: Policy) -> ChannelName | None:
    """The first of the policy's channels that reaches the partner."""
    for channel in policy.channels:
        if channel == "log" or (facts.has_email and not facts.is_address_refused):
            return channel
    return None
