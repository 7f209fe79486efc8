"""The policies of the days to come: the current one and those that follow it; decides by that of each day. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime

from services.notifications.calendar import Calendar
from services.notifications.facts import Facts
from services.notifications.policy import NOTHING_PAUSED, Paused, Policy
from services.notifications.rules import Decision, decide


@dataclass(frozen=True)
class GroupPolicy:
    """The policy of a group of partners: those in one of the regencies, of one of the kinds, listed by one of the
    agencies; None: any."""

    policy: Policy
    regencies: frozenset[str] | None = None
    kinds: frozenset[str] | None = None
    agencies: frozenset[str] | None = None

    def holds_for(self, facts: Facts) -> bool:
        return (
            (self.regencies is None or facts.region in self.regencies)
            and (self.kinds is None or facts.kind in self.kinds)
            and (self.agencies is None or not self.agencies.isdisjoint(facts.agencies.split()))
        )


@dataclass(frozen=True)
class PolicyPeriod:
    """A policy, its calendar, the moment at which the next one replaces it (None: no other is planned), what is paused
    now, and the groups for which something else holds."""

    policy: Policy
    calendar: Calendar
    end: datetime | None = None
    paused: Paused = NOTHING_PAUSED
    groups: tuple[GroupPolicy, ...] = ()

    def decide(self, facts: Facts, now: datetime) -> Decision:
        return decide(facts, self.policy_for(facts), self.calendar, now, self.paused)

    def policy_for(self, facts: Facts) -> Policy:
        """The policy of the first group that the partner is in; its own where it is in none."""
        return next((group.policy for group in self.groups if group.holds_for(facts)), self.policy)


PolicyTimeline = tuple[PolicyPeriod, ...]
"""The current policy first, the others in the order in which they take effect. Never empty."""

POLICY_DEPENDENT = ("scheduled", "waiting", "unreachable")
"""The states in which what comes next depends on the policy."""


def period_at(timeline: PolicyTimeline, moment: datetime) -> PolicyPeriod:
    """The policy that is effective at this moment."""
    return next(period for period in timeline if period.end is None or moment < period.end)


def is_same_for_all(timeline: PolicyTimeline) -> bool:
    """Whether it decides about all partners alike, whatever their region, kind and agencies."""
    return not any(period.groups or period.paused.regencies for period in timeline)


def decide_by_timeline(facts: Facts, timeline: PolicyTimeline, now: datetime) -> Decision:
    """The decision at `now`. What only happens under a later policy is decided, and its time set, by that policy."""
    period = period_at(timeline, now)
    decision = period.decide(facts, now)
    while decision.state in POLICY_DEPENDENT and period.end and decision.due_at and decision.due_at >= period.end:
        begins, period = period.end, period_at(timeline, period.end)
        decision = period.decide(facts, begins)
        if decision.actions:
            return replace(decision, due_at=begins, actions=())
    return decision
