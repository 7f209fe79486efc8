"""What a policy would have sent in the past months, beside what became of the partners then. Pure.

Each partner is taken as it was before the first of these days: nothing sent yet, its registration or stop to come. The
days that follow are forecast under the policy up to that registration or stop, which happen as they did: what other
messages would have changed about them nobody knows. Counted are reminders, as in the plan.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final

from services.notifications.facts import OPEN_END, Facts
from services.notifications.forecast import Forecaster
from services.notifications.policy import NOTHING_PAUSED
from services.notifications.policy_timeline import PolicyPeriod

DAYS: Final = 90
WITHIN: Final = timedelta(days=30)
"""A registration or stop so soon after a message is counted with it."""


@dataclass
class Tally:
    """Messages, of them those followed by a registration or a stop within 30 days, and visits that were asked for."""

    messages: int = 0
    registrations: int = 0
    stops: int = 0
    visits: int = 0

    def count(self, day: date, past: "Past") -> None:
        self.messages += 1
        self.registrations += past.registered_on is not None and day <= past.registered_on <= day + WITHIN
        self.stops += past.stopped_on is not None and day <= past.stopped_on <= day + WITHIN


@dataclass(frozen=True)
class Past:
    """One partner as it was, and what became of it."""

    facts: Facts
    registered_on: date | None
    stopped_on: date | None

    @property
    def ends(self) -> date:
        """From this day on nothing more is sent."""
        return min(self.registered_on or date.max, self.stopped_on or date.max)


def past_of(facts: Facts) -> Past | None:
    """None for one whose past the present does not tell: merged, erased, delisted, or once registered and no more."""
    is_lapsed = facts.insured_until is not None and facts.insured_until != OPEN_END
    if facts.status != "active" or facts.listed_known_at is None or not facts.is_region_known or is_lapsed:
        return None
    stopped_on = facts.local_day(facts.opted_out_at) if facts.opted_out_at else None
    as_it_was = replace(
        facts,
        insured_from=None,
        insured_until=None,
        end_known_at=None,
        opted_out_at=None,
        stop_kind=None,
        refused=(),
        contacted=(),
        sent=(),
        escalated_at=None,
        asked_at=None,
        visit_outcome=None,
        visited_at=None,
        retry_at=None,
        settled_at=None,
    )
    return Past(as_it_was, facts.insured_from, stopped_on)


@dataclass
class Backtest:
    """The past of many partners, as it was and under each of these policies, up to the day before `ends`."""

    begins: datetime
    ends: date
    periods: tuple[PolicyPeriod, ...]
    partners: int = 0
    left_out: int = 0
    sent: Tally = field(default_factory=Tally)
    replayed: tuple[Tally, ...] = ()

    def __post_init__(self) -> None:
        alone = [(replace(each, end=None, paused=NOTHING_PAUSED),) for each in self.periods]
        self._forecasters = [Forecaster(each, self.begins, self.ends - timedelta(days=1)) for each in alone]
        self.replayed = tuple(Tally() for _ in self.periods)

    def add(self, partners: Iterable[Facts]) -> None:
        for facts in partners:
            past = past_of(facts)
            if past is None:
                self.left_out += 1
                continue
            self.partners += 1
            self._count_sent(facts, past)
            for forecaster, tally in zip(self._forecasters, self.replayed, strict=True):
                _replay(forecaster, past, tally)

    def _count_sent(self, facts: Facts, past: Past) -> None:
        first = facts.local_day(self.begins)
        for each in facts.sent:
            if first <= facts.local_day(each.at) < self.ends:
                self.sent.count(facts.local_day(each.at), past)
        asked = (facts.escalated_at, facts.asked_at)
        self.sent.visits += sum(at is not None and first <= facts.local_day(at) < self.ends for at in asked)


def _replay(forecaster: Forecaster, past: Past, tally: Tally) -> None:
    shared = forecaster.shared(past.facts)
    items = forecaster.single(past.facts) if shared is None else [item for item, _ in shared]
    for item in items:
        day = item.at.date()
        if day >= past.ends:
            return
        if item.channel is None:
            tally.visits += 1
        else:
            tally.count(day, past)
