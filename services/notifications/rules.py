"""The reminder rules: pure. Facts of one partner, the policy, the calendar and the time go in; what to do comes out.

The engine, the dry run and the answers to 'why' all call `decide`; nothing here touches a database or a clock.

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

from services.notifications.calendar import Calendar, zone_of
from services.notifications.policy import ChannelName, Policy

State = Literal["scheduled", "waiting", "stopped", "escalated", "opted_out", "unreachable"]
Status = Literal["unknown", "active", "merged", "erased"]

OPEN_END = date.max
"""The `insured_until` of an enrolment without an end."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One reminder that went out (or may have): which step, when."""

    step: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known about one partner, those merged into it included."""

    partner_id: str
    zone: str
    region: str = ""
    status: Status = "unknown"
    listed_known_at: datetime | None = None
    """When the fact that made the current listing known was recorded; None: on no list."""
    insured_from: date | None = None
    insured_until: date | None = None
    """First day without insurance after the last period; None: never enrolled."""
    end_known_at: datetime | None = None
    """When the fact that set the present `insured_until` was recorded."""
    opted_out_at: datetime | None = None
    has_email: bool = False
    contact_known_at: datetime | None = None
    refused_at: datetime | None = None
    """When the address was last refused for good."""
    sent: tuple[Sent, ...] = ()
    escalated_at: datetime | None = None
    retry_at: datetime | None = None
    """After a passing failure: not before this."""
    settled_at: datetime | None = None
    """Not before this either: what else the newest listing or merge changed may still be on its way."""


@dataclass(frozen=True, slots=True)
class Next:
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
    """The reminders did not help: open a task for a field agent now."""

    episode: date


Action = Send | Escalate


@dataclass(frozen=True, slots=True)
class Decision:
    """What holds now, why (one sentence), the next message, when to decide again, what to do at once."""

    state: State
    why: str
    next: Next | None = None
    due_at: datetime | None = None
    actions: tuple[Action, ...] = ()


def decide(facts: Facts, policy: Policy, calendar: Calendar, now: datetime) -> Decision:
    """Decide about one partner at `now` (aware)."""
    today = now.astimezone(zone_of(facts.zone)).date()
    return _stopped(facts, today) or _cadence(facts, policy, calendar, now)


def days_depend_on(facts: Facts) -> tuple[object, ...]:
    """Of partners that are equal in this, `decide` tells the same of every day on which none of them is due yet; only
    the second of the day differs. What puts off for a moment (`retry_at`, `settled_at`) is left out."""
    zone = facts.zone
    known = (facts.listed_known_at, facts.end_known_at, facts.opted_out_at, facts.escalated_at)
    return (
        zone,
        facts.status,
        *(moment and _day(moment, zone) for moment in known),
        facts.insured_from,
        facts.insured_until,
        facts.has_email,
        _refused(facts),
        tuple((sent.step, _day(sent.at, zone)) for sent in facts.sent),
    )


def _stopped(facts: Facts, today: date) -> Decision | None:
    """Why nothing is sent at all, if so."""
    if facts.status == "merged":
        return Decision("stopped", "Merged into another partner, which is reminded in its place.")
    if facts.status == "erased":
        return Decision("stopped", "Erased on request.")
    if facts.opted_out_at:
        return Decision("opted_out", f"Asked on {_day(facts.opted_out_at, facts.zone)} not to be contacted.")
    if facts.insured_until and facts.insured_until > today:
        return _registered(facts, facts.insured_until, today)
    if not facts.listed_known_at:
        return Decision("stopped", "On no agency's list.")
    return None


def _registered(facts: Facts, until: date, today: date) -> Decision:
    start = facts.insured_from or today
    since = f"Registered since {start}" if start <= today else f"Registered from {start} on"
    if until == OPEN_END:
        return Decision("stopped", f"{since}.")
    lapse = datetime.combine(until, time.min, zone_of(facts.zone))
    return Decision("stopped", f"{since}, until the registration ends on {until}.", due_at=lapse)


def _cadence(facts: Facts, policy: Policy, calendar: Calendar, now: datetime) -> Decision:
    anchor = anchor_of(facts)
    if facts.escalated_at and _day(facts.escalated_at, facts.zone) > anchor:
        told = _day(facts.escalated_at, facts.zone)
        return Decision("escalated", f"Not registered after all reminders; a field agent was asked on {told}.")
    done = max((sent.step for sent in facts.sent if _day(sent.at, facts.zone) > anchor), default=0)
    if done >= len(policy.steps):
        return _escalation(facts, policy, calendar, now, anchor)
    return _step(facts, policy, calendar, now, anchor, done)


def anchor_of(facts: Facts) -> date:
    """The local day from which the cadence of a listed, unregistered partner is counted; names the episode."""
    assert facts.listed_known_at is not None
    anchor = _day(facts.listed_known_at, facts.zone)
    if facts.insured_until is None:
        return anchor
    known = _day(facts.end_known_at, facts.zone) if facts.end_known_at else facts.insured_until
    return max(anchor, facts.insured_until, known)


def _escalation(facts: Facts, policy: Policy, calendar: Calendar, now: datetime, anchor: date) -> Decision:
    last = _last_day(facts)
    assert last is not None
    at = _moment(last + timedelta(days=policy.escalate_after_days), facts, calendar, now)
    if at <= now:
        why = f"Not registered after all reminders; a field agent was asked on {_day(now, facts.zone)}."
        return Decision("escalated", why, actions=(Escalate(anchor),))
    why = f"All reminders were sent, the last on {last}; a field agent is asked on {at.date()} if still unregistered."
    return Decision("waiting", why, due_at=at)


def _step(facts: Facts, policy: Policy, calendar: Calendar, now: datetime, anchor: date, done: int) -> Decision:
    channel = _channel(facts, policy)
    if channel is None:
        return Decision("unreachable", _unreachable(facts))
    step = policy.steps[done]
    planned = _planned_day(facts, policy, anchor, step.days)
    at = _moment(planned, facts, calendar, now)
    upcoming = Next(at, channel, step.template)
    why = _why(facts, policy, anchor, done + 1, at)
    actions = (Send(anchor, done + 1, channel, step.template),) if at <= now else ()
    return Decision("scheduled", why, upcoming, at, actions)


def _planned_day(facts: Facts, policy: Policy, anchor: date, days: int) -> date:
    planned = anchor + timedelta(days=days)
    last = _last_day(facts)
    return planned if last is None else max(planned, last + timedelta(days=policy.min_gap_days))


def _moment(planned: date, facts: Facts, calendar: Calendar, now: datetime) -> datetime:
    """The partner's own second of the planned day; of what was missed, the first contact time from now on."""
    ready = max(now, facts.retry_at or now, facts.settled_at or now)
    today = ready.astimezone(zone_of(facts.zone)).date()
    own = calendar.slot(calendar.contact_day(max(planned, today)), facts.zone, facts.partner_id)
    if own >= ready:
        return own
    free = calendar.next_contact_time(ready, facts.zone)
    return free if free.date() == today else calendar.slot(free.date(), facts.zone, facts.partner_id)


def _channel(facts: Facts, policy: Policy) -> ChannelName | None:
    for channel in policy.channels:
        if channel == "log" or (facts.has_email and not _refused(facts)):
            return channel
    return None


def _refused(facts: Facts) -> bool:
    """The address was refused for good and has not changed since."""
    if facts.refused_at is None:
        return False
    return facts.contact_known_at is None or facts.contact_known_at <= facts.refused_at


def _unreachable(facts: Facts) -> str:
    if facts.has_email:
        return "The e-mail address was refused for good; a new one is needed."
    return "No e-mail address is known."


def _why(facts: Facts, policy: Policy, anchor: date, step: int, at: datetime) -> str:
    cause = f"registration lapsed, counted from {anchor}" if _lapsed(facts, anchor) else f"on a list since {anchor}"
    delay = ", put off after a passing failure" if facts.retry_at else ""
    return f"Not registered ({cause}): reminder {step} of {len(policy.steps)} on {at.date()}{delay}."


def _lapsed(facts: Facts, anchor: date) -> bool:
    listed = facts.listed_known_at
    return facts.insured_until is not None and listed is not None and _day(listed, facts.zone) < anchor


def _last_day(facts: Facts) -> date | None:
    return max((_day(sent.at, facts.zone) for sent in facts.sent), default=None)


def _day(moment: datetime, zone: str) -> date:
    return moment.astimezone(zone_of(zone)).date()
