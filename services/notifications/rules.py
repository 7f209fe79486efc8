"""The reminder rules: pure. Facts of one partner, the policy, the calendar and the time go in; what to do comes out.

The engine, the dry run and the answers to 'why' all call `decide`; nothing here touches a database or a clock. The
sentence that each decision carries is made in `reasons.py`.

- The *anchor* is the day from which the cadence is counted: the local day on which the current listing became known;
  after a lapse, the day the lapse takes effect or became known, whichever is later.
- Step i is due on the first contact day from anchor + its days on, and never closer than `min_gap_days` to the message
  before. Missed steps (the system was down) are therefore sent one at a time: a partner never gets a burst.
- A message counts for the current cadence if it was sent on a local day after the anchor, whoever of the partners that
  were merged into this one received it.
- A step is sent through the first channel of the policy whose address was not refused for good. Where there is none, a
  field agent is asked on the day on which the step would have been due; an address that comes later goes on with it.
- No address gets more than the policy's caps, whichever partners and agencies its messages are about.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from services.notifications import reasons
from services.notifications.calendar import Calendar, zone_of
from services.notifications.facts import OPEN_END, Facts
from services.notifications.policy import CAP_DAYS, NOTHING_PAUSED, ChannelName, Paused, Policy

State = Literal["scheduled", "waiting", "stopped", "escalated", "opted_out", "unreachable"]


@dataclass(frozen=True, slots=True)
class NextMessage:
    """The next message."""

    at: datetime
    channel: ChannelName
    template: str
    episode: date
    step: int


@dataclass(frozen=True, slots=True)
class Send:
    """Send this step's message now."""

    episode: date
    step: int
    channel: ChannelName
    template: str


@dataclass(frozen=True, slots=True)
class Escalate:
    """The reminders did not help, or reach nobody: somebody is asked to visit it now."""

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


def decide(
    facts: Facts, policy: Policy, calendar: Calendar, now: datetime, paused: Paused = NOTHING_PAUSED
) -> Decision:
    """Decide about one partner at `now` (aware). `policy` has the channels that can be used here."""
    return _no_reminders(facts, facts.local_day(now)) or _Cadence(facts, policy, calendar, now, paused).decide()


def _no_reminders(facts: Facts, today: date) -> Decision | None:
    """The decision that nothing is sent at all; None if the cadence decides."""
    if facts.status == "merged":
        return Decision("stopped", reasons.MERGED)
    if facts.status == "erased":
        return Decision("stopped", reasons.ERASED)
    if facts.opted_out_at:
        return Decision("opted_out", reasons.opted_out(facts.local_day(facts.opted_out_at), facts.stop_kind))
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


@dataclass(frozen=True, slots=True)
class _Cadence:
    """What is decided about a partner that is listed and not registered."""

    facts: Facts
    policy: Policy
    calendar: Calendar
    now: datetime
    paused: Paused

    def decide(self) -> Decision:
        facts, anchor = self.facts, self.facts.anchor
        if facts.visited_on is not None:
            return _visited(facts.visit_outcome or "visited", facts.visited_on)
        escalated_on = _day_after(anchor, facts, facts.escalated_at)
        if escalated_on:
            return Decision("escalated", reasons.escalated(escalated_on))
        if self.paused.everything or facts.region in self.paused.regencies:
            return Decision("waiting", reasons.PAUSED)
        done = max((sent.step for sent in facts.sent if facts.local_day(sent.at) > anchor), default=0)
        if done >= len(self.policy.steps):
            return self._escalation(anchor)
        return self._step(anchor, done)

    def _escalation(self, anchor: date) -> Decision:
        """All reminders were sent."""
        facts = self.facts
        last = facts.last_message_day
        assert last is not None
        at = self._contact_time(last + timedelta(days=self.policy.escalate_after_days))
        if at <= self.now:
            return Decision("escalated", reasons.escalated(facts.local_day(self.now)), actions=(Escalate(anchor),))
        return Decision("waiting", reasons.escalation_due(last, at.date()), due_at=at)

    def _step(self, anchor: date, done: int) -> Decision:
        """The step after the `done` ones: sent now if its time has come."""
        facts, step = self.facts, self.policy.steps[done]
        planned = self._planned_day(anchor, step.days)
        reaching = [each for each in self.policy.channels if facts.has_address(each) and each not in facts.refused]
        if not reaching:
            return self._unreachable(anchor, planned)
        channel = next((each for each in reaching if each not in self.paused.channels), None)
        if channel is None:
            return Decision("waiting", reasons.channel_paused(reaching[0]))
        free = self._free_day(max(planned, facts.local_day(facts.earliest(self.now)))) if facts.contacted else planned
        at = self._contact_time(max(planned, free))
        why = reasons.reminder_due(
            done + 1,
            len(self.policy.steps),
            at.date(),
            anchor=anchor,
            lapsed=_is_after_lapse(facts, anchor),
            postponed=facts.retry_at is not None,
            capped=free > planned and free > facts.local_day(self.now),
            logged=channel == "log",
        )
        send = Send(anchor, done + 1, channel, step.template)
        following = NextMessage(at, channel, step.template, anchor, done + 1)
        return Decision("scheduled", why, following, at, (send,) if at <= self.now else ())

    def _unreachable(self, anchor: date, planned: date) -> Decision:
        """A field agent is asked when the step would have been due, once an episode."""
        facts, cause = self.facts, _no_address(self.facts, self.policy)
        asked_on = _day_after(anchor, facts, facts.asked_at)
        if asked_on:
            return Decision("escalated", reasons.unreachable(cause, asked_on, asked=True))
        at = self._contact_time(planned)
        if at <= self.now:
            why = reasons.unreachable(cause, facts.local_day(self.now), asked=True)
            return Decision("escalated", why, actions=(Escalate(anchor, "unreachable"),))
        return Decision("unreachable", reasons.unreachable(cause, at.date(), asked=False), due_at=at)

    def _planned_day(self, anchor: date, days: int) -> date:
        planned = anchor + timedelta(days=days)
        last = self.facts.last_message_day
        return planned if last is None else max(planned, last + timedelta(days=self.policy.min_gap_days))

    def _free_day(self, day: date) -> date:
        """The first day from `day` on, on which one more message to the partner's addresses is within the caps."""
        caps, month = self.policy.caps, timedelta(days=CAP_DAYS)
        contacted = [self.facts.local_day(at) for at in self.facts.contacted]
        while (
            contacted.count(day) >= caps.per_day
            or sum(day - month < each <= day for each in contacted) >= caps.per_month
        ):
            day += timedelta(days=1)
        return day

    def _contact_time(self, planned: date) -> datetime:
        """The partner's own second of the planned day; of what was missed, the first contact time from now on."""
        facts, calendar = self.facts, self.calendar
        earliest = facts.earliest(self.now)
        today = facts.local_day(earliest)
        slot = calendar.slot(calendar.contact_day(max(planned, today)), facts.zone, facts.partner_id)
        if slot >= earliest:
            return slot
        free = calendar.next_contact_time(earliest, facts.zone)
        return free if free.date() == today else calendar.slot(free.date(), facts.zone, facts.partner_id)


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


def _day_after(anchor: date, facts: Facts, moment: datetime | None) -> date | None:
    """The local day of this moment if it lies after the anchor: what happened before belongs to an earlier episode."""
    day = facts.local_day(moment) if moment else None
    return day if day and day > anchor else None


def _is_after_lapse(facts: Facts, anchor: date) -> bool:
    """Whether the anchor is the day of a lapse, not that of the listing."""
    listed = facts.listed_known_at
    return facts.insured_until is not None and listed is not None and facts.local_day(listed) < anchor


def _no_address(facts: Facts, policy: Policy) -> str:
    """The sentence that says why no channel reaches the partner."""
    if any(facts.has_address(channel) for channel in policy.channels):
        return reasons.ADDRESS_REFUSED
    if facts.has_phone:
        return reasons.NO_PROVIDER_FOR_PHONE
    return reasons.NO_PROVIDER_FOR_EMAIL if facts.has_email else reasons.NO_ADDRESS
