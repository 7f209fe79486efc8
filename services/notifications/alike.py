"""Decides about partners that are alike, which differ in their ids alone, at once. Pure.

On a day to come all of them have the same decision and differ in their own second of that day. What is due today
depends on whether that second has passed.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from services.notifications.facts import Facts
from services.notifications.policy_timeline import POLICY_DEPENDENT, PolicyTimeline, decide_by_timeline, period_at
from services.notifications.rules import Decision, State


class Alike(NamedTuple):
    """The facts of one of these partners, which are those of the others but for the id."""

    facts: Facts
    partner_ids: Sequence[str]

    def each(self) -> list[Facts]:
        """The facts of every one of them."""
        return [replace(self.facts, partner_id=partner_id) for partner_id in self.partner_ids]

    def parts(self, size: int) -> list["Alike"]:
        """The same partners, at most so many at once."""
        return [Alike(self.facts, self.partner_ids[at : at + size]) for at in range(0, len(self.partner_ids), size)]


class NextTime(NamedTuple):
    """A partner's state, when to decide about it again, and through which channel a message is due then (empty: none),
    as the table `schedule` has it."""

    partner_id: str
    state: State
    due_at: datetime | None
    channel: str


def next_times(alike: Alike, timeline: PolicyTimeline, now: datetime) -> list[NextTime]:
    """What `next_time` says of the decision about each of these partners."""
    facts = alike.facts
    first = decide_by_timeline(facts, timeline, now)
    if first.actions:
        return _one_by_one(alike, timeline, now)
    if first.due_at is None or first.state not in POLICY_DEPENDENT:
        return [next_time(partner_id, first, now) for partner_id in alike.partner_ids]
    calendar, day = period_at(timeline, first.due_at).calendar, facts.local_day(first.due_at)
    if day <= facts.local_day(facts.earliest(now)) or first.due_at != calendar.slot(day, facts.zone, facts.partner_id):
        return _one_by_one(alike, timeline, now)
    slots = calendar.slots(day, facts.zone, alike.partner_ids)
    channel = _channel(first)
    return [NextTime(key, first.state, slot, channel) for key, slot in zip(alike.partner_ids, slots, strict=True)]


def _one_by_one(alike: Alike, timeline: PolicyTimeline, now: datetime) -> list[NextTime]:
    return [next_time(each.partner_id, decide_by_timeline(each, timeline, now), now) for each in alike.each()]


def next_time(partner_id: str, decision: Decision, now: datetime) -> NextTime:
    """What is to be done at once is due now."""
    due_at = now if decision.actions else decision.due_at
    return NextTime(partner_id, decision.state, due_at, _channel(decision))


def _channel(decision: Decision) -> str:
    return decision.next.channel if decision.next else ""
