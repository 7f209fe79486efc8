"""The counts of lists, summed up to a day, are what counting all partners on that day gives."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from services.registration.identity.ids import partner_id
from services.registration.identity.partner_state import PartnerState
from services.registration.records.derivation import Derived, NewFact
from services.registration.records.list_movements import ListMovements
from services.registration.records.stored_facts import NEVER
from shared.events.enrollments import Enrollment, Period
from shared.events.model import Workers
from shared.events.partners import Listing, Partner

FIRST = date(2025, 1, 1)
DAYS = st.integers(0, 6).map(lambda number: FIRST + timedelta(number))
NAMES = st.sampled_from([("dinas", "a"), ("dinas", "b"), ("dinas", "c"), ("kanwil", "a")])
LISTS = st.dictionaries(NAMES, DAYS).map(lambda since: tuple(Listing(*name, since[name]) for name in sorted(since)))
Facts = tuple[tuple[Listing, ...], tuple[Period, ...]]


@st.composite
def periods(draw: st.DrawFn) -> tuple[Period, ...]:
    days = sorted(draw(st.sets(DAYS)))
    bounds = [*days, None] if len(days) % 2 else days
    return tuple(Period(start, until, "33.11", "PU", ("JKK",), Workers()) for start, until in _pairs(bounds))


def _pairs(bounds: Sequence[date | None]) -> list[tuple[date, date | None]]:
    return [(start, until) for start, until in zip(bounds[::2], bounds[1::2], strict=True) if start is not None]


@given(st.lists(st.tuples(st.integers(0, 2), LISTS, periods()), max_size=12), DAYS)
def test_they_are_as_if_counted_anew(
    changes: list[tuple[int, tuple[Listing, ...], tuple[Period, ...]]], day: date
) -> None:
    states = [PartnerState(partner_id(), NEVER) for _ in range(3)]
    kept: Counter[tuple[str, str, str]] = Counter()
    held: dict[int, Facts] = {}
    for at, lists, timeline in changes:
        movements, new = ListMovements(), _derived(states[at], lists, timeline)
        movements.add(states[at], new)
        states[at].fact, states[at].enrollment_fact = (each.stored for each in (new.partner, new.enrollment) if each)
        for agency, name, since, *counts in movements.records():
            if since <= day:
                kept.update(dict(zip(_names(agency, name), counts, strict=True)))
        held[at] = lists, timeline
    assert +kept == _counted(held, day)
    assert min(kept.values(), default=0) >= 0


def _names(agency: str, name: str) -> list[tuple[str, str, str]]:
    return [(agency, name, what) for what in ("listed", "enrolled", "on_other_lists")]


def _derived(state: PartnerState, lists: tuple[Listing, ...], timeline: tuple[Period, ...]) -> Derived:
    partner = Partner(str(state.partner_id), 0, "active", "33.11", "business", NEVER, lists=lists)
    enrollment = Enrollment(str(state.partner_id), 0, "business", timeline, NEVER)
    return Derived(
        "33.11",
        NewFact("partner.updated", partner, msgspec.json.encode(partner)),
        None,
        NewFact("enrollment.changed", enrollment, msgspec.json.encode(enrollment)),
    )


def _counted(held: dict[int, Facts], day: date) -> Counter[tuple[str, str, str]]:
    found: Counter[tuple[str, str, str]] = Counter()
    for lists, timeline in held.values():
        present = [each for each in lists if each.listed_on <= day]
        is_insured = any(each.start <= day and (each.until is None or each.until > day) for each in timeline)
        several = {agency for agency, count in Counter(each.agency for each in present).items() if count > 1}
        for each in present:
            listed, enrolled, on_others = _names(each.agency, each.list)
            found[listed] += 1
            found[enrolled] += is_insured
            found[on_others] += each.agency in several
    return +found
