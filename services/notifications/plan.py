"""The dry run: what `decide` would do from now to a day, if no new fact came. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from services.notifications.calendar import Calendar, zone_of
from services.notifications.policy import ChannelName
from services.notifications.policy_timeline import Terms, term_at
from services.notifications.rules import Escalate, Facts, Send, Sent, days_depend_on, decide

Position = tuple[datetime, str]
"""Where an item stands in the plan: its time and partner."""

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Item:
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
            yield _item(at, facts, action, decided.why)
            if isinstance(action, Escalate):
                facts = replace(facts, escalated_at=moment)
            else:
                facts = replace(facts, sent=(*facts.sent, Sent(action.step, moment)), retry_at=None)
        if not decided.actions:
            upcoming = [each for each in (decided.due_at, term.end) if each is not None]
            if not upcoming or min(upcoming).astimezone(zone_of(facts.zone)).date() > until:
                return
            moment = min(upcoming)


def _item(at: datetime, facts: Facts, action: Send | Escalate, why: str) -> Item:
    if isinstance(action, Escalate):
        return Item(at, facts.partner_id, facts.region, None, "escalation", 0, why)
    return Item(at, facts.partner_id, facts.region, action.channel, action.template, action.step, why)


Course = list[tuple[Item, Calendar]]
"""What lies ahead of partners that are alike: the items of one of them, and the calendar that each follows."""


class Outlook:
    """Foresees many partners. Those alike have the same days ahead of them and differ only in their own second of the
    day, so each course is reckoned once, however many take it. Who is due today is reckoned one by one: that depends on
    whether the second has passed."""

    def __init__(self, terms: Terms, now: datetime, until: date) -> None:
        self._terms = terms
        self._now = now
        self._until = until
        self._courses: dict[object, Course | None] = {}

    def items(self, facts: Facts) -> list[Item]:
        """As `foresee`."""
        course = self.course(facts)
        return self.alone(facts) if course is None else [own(each, facts) for each in course]

    def alone(self, facts: Facts) -> list[Item]:
        return list(foresee(facts, self._terms, self._now, self._until))

    def course(self, facts: Facts) -> Course | None:
        """The days ahead of this partner and all that are like it; None if it has to be looked at by itself."""
        today = self._now.astimezone(zone_of(facts.zone)).date()
        if facts.retry_at or (facts.settled_at and facts.settled_at.astimezone(zone_of(facts.zone)).date() > today):
            return None
        alike = days_depend_on(facts)
        if alike not in self._courses:
            items = self.alone(facts)
            due_today = bool(items) and items[0].at.date() <= today
            self._courses[alike] = None if due_today else [(item, self._calendar(item)) for item in items]
        return self._courses[alike]

    def _calendar(self, item: Item) -> Calendar:
        return term_at(self._terms, item.at).calendar


def own(common: tuple[Item, Calendar], facts: Facts) -> Item:
    """What a course has in common, at the partner's own second of that day."""
    item, calendar = common
    at = calendar.slot(item.at.date(), facts.zone, facts.partner_id)
    return Item(at, facts.partner_id, facts.region, item.channel, item.template, item.step, item.why)


@dataclass
class Plan:
    """Counts of all items by day, region, channel and template, and one page of the reminders in order of time."""

    outlook: Outlook
    limit: int
    after: Position | None = None
    counts: Counter[tuple[date, str, str, str]] = field(default_factory=Counter)
    partners: int = 0
    escalations: int = 0
    _page: list[Item] = field(default_factory=list)
    _before: Position | None = None
    """The page is full of items up to here."""

    def add(self, partners: Iterable[Facts]) -> None:
        for facts in partners:
            course = self.outlook.course(facts)
            if course is None:
                items = self.outlook.alone(facts)
                self._count(facts, items)
                self._keep(items)
            else:
                self._count(facts, (item for item, _ in course))
                self._keep(own(each, facts) for each in course if self._may_show(each[0]))

    def page(self) -> tuple[list[Item], bool]:
        """The page's reminders, and whether others follow."""
        self._cut()
        return self._page[: self.limit], len(self._page) > self.limit

    def _count(self, facts: Facts, items: Iterable[Item]) -> None:
        reminded = False
        for item in items:
            if item.channel is None:
                self.escalations += 1
            else:
                reminded = True
                self.counts[item.at.date(), facts.region, item.channel, item.template] += 1
        self.partners += reminded

    def _may_show(self, item: Item) -> bool:
        """Whether an item of this day may stand on the page; days differ by at most one between the zones."""
        day = item.at.date()
        too_early = self.after is not None and day < self.after[0].date() - DAY
        too_late = self._before is not None and day > self._before[0].date() + DAY
        return not (too_early or too_late)

    def _keep(self, items: Iterable[Item]) -> None:
        for item in items:
            place = item.position
            if item.channel is None or (self.after is not None and place <= self.after):
                continue
            if self._before is None or place < self._before:
                self._page.append(item)
        if len(self._page) > 2 * self.limit + 1000:
            self._cut()

    def _cut(self) -> None:
        self._page.sort(key=lambda item: item.position)
        del self._page[self.limit + 1 :]
        if len(self._page) > self.limit:
            self._before = self._page[-1].position
