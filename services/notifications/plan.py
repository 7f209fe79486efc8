"""The dry run of many partners: counts of all that would happen, and one page of the reminders. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from services.notifications.facts import Facts
from services.notifications.forecast import Forecaster, PlanItem, Position, at_own_second

DAY = timedelta(days=1)


@dataclass
class Plan:
    """Counts of all items by day, region, channel and template, and one page of the reminders in order of time."""

    forecaster: Forecaster
    limit: int
    after: Position | None = None
    counts: Counter[tuple[date, str, str, str]] = field(default_factory=Counter)
    partners: int = 0
    escalations: int = 0
    _page: list[PlanItem] = field(default_factory=list)
    _page_end: Position | None = None
    """The page is full of items before this position; None: not full yet."""

    def add(self, partners: Iterable[Facts]) -> None:
        """Count what is to come for these partners, and keep what may be on the page."""
        for facts in partners:
            shared = self.forecaster.shared(facts)
            if shared is None:
                items = self.forecaster.single(facts)
                self._count(facts, items)
                self._add_to_page(items)
            else:
                self._count(facts, (item for item, _ in shared))
                self._add_to_page(at_own_second(each, facts) for each in shared if self._may_be_on_page(each[0]))

    def by_day_and_channel(self) -> Counter[tuple[date, str]]:
        """The counts of all regions and templates together."""
        found: Counter[tuple[date, str]] = Counter()
        for (day, _, channel, _), count in self.counts.items():
            found[day, channel] += count
        return found

    def page(self) -> tuple[list[PlanItem], bool]:
        """The page's reminders, and whether others follow."""
        self._trim()
        return self._page[: self.limit], len(self._page) > self.limit

    def _count(self, facts: Facts, items: Iterable[PlanItem]) -> None:
        is_reminded = False
        for item in items:
            if item.channel is None:
                self.escalations += 1
            else:
                is_reminded = True
                self.counts[item.at.date(), facts.region, item.channel, item.template] += 1
        self.partners += is_reminded

    def _may_be_on_page(self, item: PlanItem) -> bool:
        """Whether an item of this day may be on the page; days differ by at most one between the zones."""
        day = item.at.date()
        is_too_early = self.after is not None and day < self.after[0].date() - DAY
        is_too_late = self._page_end is not None and day > self._page_end[0].date() + DAY
        return not (is_too_early or is_too_late)

    def _add_to_page(self, items: Iterable[PlanItem]) -> None:
        for item in items:
            position = item.position
            if item.channel is None or (self.after is not None and position <= self.after):
                continue
            if self._page_end is None or position < self._page_end:
                self._page.append(item)
        if len(self._page) > 2 * self.limit + 1000:
            self._trim()

    def _trim(self) -> None:
        """Keep the first items only, one more than the page holds."""
        self._page.sort(key=lambda item: item.position)
        del self._page[self.limit + 1 :]
        if len(self._page) > self.limit:
            self._page_end = self._page[-1].position
