"""What `decide` would do from now to a day, if no new fact came: for one partner, and for all that are alike. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime

from services.notifications.calendar import Calendar
from services.notifications.facts import Facts, Sent
from services.notifications.policy import ChannelName
from services.notifications.policy_timeline import PolicyTimeline, period_at
from services.notifications.rules import Action, Escalate

Position = tuple[datetime, str]
"""Where an item belongs in the plan: its time and its partner's id."""


@dataclass(frozen=True, slots=True)
class PlanItem:
    """A reminder that would be sent, or (channel None) an escalation that would be made; `at` in local time."""

    at: datetime
    partner_id: str
    region: str
    channel: ChannelName | None
    template: str
    step: int
    why: str

    @property
    def position(self) -> Position:
        return self.at, self.partner_id


def forecast(facts: Facts, timeline: PolicyTimeline, now: datetime, until: date) -> Iterator[PlanItem]:
    """What would happen to one partner up to the end of the local day `until`, in order, by the policy of each day."""
    moment = now
    while True:
        period = period_at(timeline, moment)
        decision = period.decide(facts, moment)
        for action in decision.actions:
            at = period.calendar.next_contact_time(moment, facts.zone)
            if at.date() > until:
                return
            yield _item(at, facts, action, decision.why)
            facts = _after(action, facts, moment)
        if not decision.actions:
            upcoming = [each for each in (decision.due_at, period.end) if each is not None]
            if not upcoming or facts.local_day(min(upcoming)) > until:
                return
            moment = min(upcoming)


def _item(at: datetime, facts: Facts, action: Action, why: str) -> PlanItem:
    if isinstance(action, Escalate):
        return PlanItem(at, facts.partner_id, facts.region, None, "escalation", 0, why)
    return PlanItem(at, facts.partner_id, facts.region, action.channel, action.template, action.step, why)


def _after(action: Action, facts: Facts, moment: datetime) -> Facts:
    """The facts once the action is done."""
    if isinstance(action, Escalate):
        is_asked = action.reason == "unreachable"
        return replace(facts, asked_at=moment) if is_asked else replace(facts, escalated_at=moment)
    contacted = facts.contacted if action.channel == "log" else (*facts.contacted, moment)
    return replace(facts, sent=(*facts.sent, Sent(action.step, moment)), contacted=contacted, retry_at=None)


SharedForecast = list[tuple[PlanItem, Calendar]]
"""What is to come for partners that are alike: the items of one of them, and the calendar that each item follows."""


class Forecaster:
    """Forecasts for many partners. Those that are alike have the same days to come and differ only in their own second
    of the day, so each shared forecast is made once, however many share it. A partner that is due today is forecast by
    itself: its items depend on whether its second has passed."""

    def __init__(self, timeline: PolicyTimeline, now: datetime, until: date) -> None:
        self._timeline = timeline
        self._now = now
        self._until = until
        self._shared: dict[object, SharedForecast | None] = {}

    def single(self, facts: Facts) -> list[PlanItem]:
        """The items of this partner alone."""
        return list(forecast(facts, self._timeline, self._now, self._until))

    def shared(self, facts: Facts) -> SharedForecast | None:
        """The forecast of this partner and all that are like it; None if it has to be forecast by itself."""
        today = facts.local_day(self._now)
        if facts.retry_at or (facts.settled_at and facts.local_day(facts.settled_at) > today):
            return None
        policies = tuple(id(period.policy_for(facts)) for period in self._timeline)
        likeness = (self._is_paused(facts), policies, _likeness(facts))
        if likeness not in self._shared:
            items = self.single(facts)
            is_due_today = bool(items) and items[0].at.date() <= today
            self._shared[likeness] = None if is_due_today else [(item, self._calendar(item)) for item in items]
        return self._shared[likeness]

    def _is_paused(self, facts: Facts) -> bool:
        return facts.region in self._timeline[0].paused.regencies

    def _calendar(self, item: PlanItem) -> Calendar:
        return period_at(self._timeline, item.at).calendar


def _likeness(facts: Facts) -> tuple[object, ...]:
    """For partners that are equal in this, `decide` chooses the same days as long as none of them is due; only the
    second of the day differs. What delays for a moment (`retry_at`, `settled_at`) is left out."""
    moments = (facts.listed_known_at, facts.end_known_at, facts.opted_out_at, facts.escalated_at, facts.asked_at)
    return (
        facts.zone,
        facts.is_region_known,
        facts.status,
        *(moment and facts.local_day(moment) for moment in moments),
        facts.insured_from,
        facts.insured_until,
        facts.stop_kind,
        facts.has_phone,
        facts.has_email,
        facts.refused,
        tuple(map(facts.local_day, facts.contacted)),
        facts.visit_outcome,
        facts.visited_at and facts.local_day(facts.visited_at),
        tuple((sent.step, facts.local_day(sent.at)) for sent in facts.sent),
    )


def at_own_second(common: tuple[PlanItem, Calendar], facts: Facts) -> PlanItem:
    """An item of a shared forecast, at this partner's own second of that day."""
    item, calendar = common
    at = calendar.slot(item.at.date(), facts.zone, facts.partner_id)
    return PlanItem(at, facts.partner_id, facts.region, item.channel, item.template, item.step, item.why)
