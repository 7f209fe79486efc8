"""How a partner's new facts move the counts of the lists that name it, which are kept by day. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby
from operator import attrgetter
from typing import Any

from services.registration.identity.partner_state import PartnerState
from services.registration.records.derivation import ENROLLMENT, PARTNER, Derived
from shared.events.enrollments import Period
from shared.events.partners import Listing

LISTED, ENROLLED, ON_OTHER_LISTS = range(3)
Step = tuple[str, str, date, int, int]
"""Agency, list, and the day from which one of the three counts is so many more."""
_agency = attrgetter("agency")


class ListMovements:
    """What the partners of one transaction add to the counts of lists."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str, date], list[int]] = defaultdict(lambda: [0, 0, 0])

    def add(self, state: PartnerState, new: Derived) -> None:
        """`state` is as it was before `new`."""
        if new.partner is None and new.enrollment is None:
            return
        lists = PARTNER.decode(state.fact).lists if state.fact is not None else ()
        now_lists = lists if new.partner is None else new.partner.fact.lists
        if not lists and not now_lists:
            return
        periods = ENROLLMENT.decode(state.enrollment_fact).periods if state.enrollment_fact is not None else ()
        now_periods = periods if new.enrollment is None else new.enrollment.fact.periods
        self._count(lists, periods, -1)
        self._count(now_lists, now_periods, 1)

    def _count(self, lists: Sequence[Listing], periods: Sequence[Period], times: int) -> None:
        for agency, name, day, which, more in steps(lists, periods):
            self._counts[agency, name, day][which] += more * times

    def records(self) -> list[tuple[Any, ...]]:
        """(agency, list, day, listed, enrolled, on_other_lists), in order, each that is anything."""
        return [(*key, *counts) for key, counts in sorted(self._counts.items()) if any(counts)]


def steps(lists: Sequence[Listing], periods: Sequence[Period]) -> Iterator[Step]:
    """Of one partner, what it adds to the counts of its lists. Both are in their order: agency and list, start.

    Listed since 2025-03-01, insured from 2025-01-01 until 2025-06-01: listed and enrolled one more from 2025-03-01,
    enrolled one less from 2025-06-01.
    """
    for each in lists:
        yield each.agency, each.list, each.listed_on, LISTED, 1
        for period in periods:
            if period.until is None or period.until > each.listed_on:
                yield each.agency, each.list, max(period.start, each.listed_on), ENROLLED, 1
                if period.until is not None:
                    yield each.agency, each.list, period.until, ENROLLED, -1
    if len(lists) > 1:
        yield from _on_other_lists(lists)


def _on_other_lists(lists: Sequence[Listing]) -> Iterator[Step]:
    """From the day on which it is on a second list of the agency."""
    for agency, run in groupby(lists, key=_agency):
        own = list(run)
        if len(own) > 1:
            second = sorted(each.listed_on for each in own)[1]
            for each in own:
                yield agency, each.list, max(each.listed_on, second), ON_OTHER_LISTS, 1
