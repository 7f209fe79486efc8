"""The dry run: what `decide` would do from now to a day, if no new fact came. Pure."""

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from services.notifications.calendar import zone_of
from services.notifications.policy import ChannelName
from services.notifications.rules import Escalate, Facts, Send, Sent, decide
from services.notifications.terms import Terms, term_at

Position = tuple[datetime, str]
"""Where an item stands in the plan: its time and partner."""


@dataclass(frozen=True, slots=True)
class Item:
    """A reminder that would be sent, or (channel None) an escalation that would be made; `at` in local time."""

    at: datetime
    partner_id: str
    channel: ChannelName | None
    template: str
    step: int
    why: str

    @property
    def position(self) -> Position:
        return self.at, self.partner_id


def foresee(facts: Facts, terms: Terms, now: datetime, until: date) -> Iterator[Item]:
    """What would happen to one partner up to the end of the local day `until`, in order, by the policy of each day."""
    moment = now
    while True:
        term = term_at(terms, moment)
        decided = decide(facts, term.policy, term.calendar, moment)
        for action in decided.actions:
            at = term.calendar.next_contact_time(moment, facts.zone)
            if at.date() > until:
                return
            if isinstance(action, Escalate):
                yield Item(at, facts.partner_id, None, "escalation", 0, decided.why)
                facts = replace(facts, escalated_at=moment)
            else:
                yield _item(at, facts, action, decided.why)
                facts = replace(facts, sent=(*facts.sent, Sent(action.step, moment)), retry_at=None)
        if not decided.actions:
            upcoming = [each for each in (decided.due_at, term.end) if each is not None]
            if not upcoming or min(upcoming).astimezone(zone_of(facts.zone)).date() > until:
                return
            moment = min(upcoming)


def _item(at: datetime, facts: Facts, send: Send, why: str) -> Item:
    return Item(at, facts.partner_id, send.channel, send.template, send.step, why)


@dataclass
class Plan:
    """Counts of all items by day, region, channel and template, and one page of the reminders in order of time."""

    limit: int
    after: Position | None = None
    counts: Counter[tuple[date, str, str, str]] = field(default_factory=Counter)
    partners: int = 0
    escalations: int = 0
    page: list[tuple[Position, Item, str]] = field(default_factory=list)

    def add(self, foreseen: Iterable[tuple[str, list[Item]]]) -> None:
        """Add partners: (region, items) each."""
        candidates = self.page
        for region, items in foreseen:
            self.partners += any(item.channel for item in items)
            for item in items:
                if item.channel is None:
                    self.escalations += 1
                    continue
                self.counts[item.at.date(), region, item.channel, item.template] += 1
                if self.after is None or item.position > self.after:
                    candidates.append((item.position, item, region))
        self.page = heapq.nsmallest(self.limit + 1, candidates, key=lambda each: each[0])
