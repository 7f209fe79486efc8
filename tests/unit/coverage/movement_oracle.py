"""A brute-force oracle of what moved a figure and what it is made of: by walking through the days and the versions.

It uses no movements, numbers of sources or sums: for every partner it looks at where it counts on each day, by each
version that was known.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from functools import lru_cache

from shared.events.enrollments import Enrollment
from shared.events.partners import Partner
from shared.regions import Regions
from tests.unit.coverage.oracle import Fact, _enrolled, _listed, newest, second

FIRST = date(2020, 12, 31)
LAST = date(2021, 7, 1)
"""Before and after every day that histories have."""

Caused = Counter[tuple[str, str, str]]
"""(region, side, cause) → how many more."""


def place(fact: Fact | None, day: date) -> str | None:
    """The regency in which the partner counts on that day."""
    return None if fact is None else _places(fact).get(day)


@lru_cache(maxsize=1_000)
def _places(fact: Fact) -> dict[date, str]:
    found = {}
    for day in days(FIRST, LAST):
        counted = _enrolled(fact, day) if isinstance(fact, Enrollment) else _listed(fact, day)
        if counted:
            found[day] = counted[0][1]
    return found


def totals(facts: Iterable[Fact], as_of: date, known_at: int | None, within: str) -> Counter[str]:
    """Side → figure of the region."""
    found: Counter[str] = Counter()
    for fact in newest(facts, known_at):
        found[side_of(fact)] += int(is_inside(place(fact, as_of), within))
    return found


def side_of(fact: Fact) -> str:
    return "enrolled" if isinstance(fact, Enrollment) else "listed"


def is_inside(regency: str | None, within: str) -> bool:
    if regency is None:
        return False
    known = Regions.load().regencies(within)
    return within == "ID" or regency in known or regency[:2] == within or regency == within


def by_day(
    facts: Iterable[Fact], start: date, end: date, known_at: int | None, within: str
) -> Counter[tuple[str, str]]:
    """(side, cause) → what moved the region's figures after `start` up to `end`, day by day."""
    found: Counter[tuple[str, str]] = Counter()
    for fact in newest(facts, known_at):
        has_counted = False
        for day in days(FIRST, end):
            before, now = place(fact, day - timedelta(1)), place(fact, day)
            for cause, sign in _daily(fact, before, now, has_counted, within):
                if start < day <= end:
                    found[side_of(fact), cause] += sign
            has_counted = has_counted or now is not None
    return found


def _daily(
    fact: Fact, before: str | None, now: str | None, has_counted: bool, within: str
) -> Iterator[tuple[str, int]]:
    if before is None and is_inside(now, within):
        yield "listed" if isinstance(fact, Partner) else "reinstated" if has_counted else "joined", 1
    elif now is None and is_inside(before, within):
        yield "lapsed", -1
    elif before is not None and now is not None:
        yield from _moved(before, now, within)


def _moved(before: str, now: str, within: str) -> Iterator[tuple[str, int]]:
    if is_inside(now, within) and not is_inside(before, within):
        yield "moved_in", 1
    if is_inside(before, within) and not is_inside(now, within):
        yield "moved_out", -1


def by_knowledge(
    facts: Iterable[Fact], as_of: date, start: int, end: int | None, within: str
) -> Counter[tuple[str, str]]:
    """(side, cause) → what moved the region's figures of day `as_of` by what was recorded after `start` up to `end`."""
    found: Counter[tuple[str, str]] = Counter()
    known: dict[tuple[type, str], Fact] = {}
    for fact in facts:
        key = (type(fact), fact.partner_id)
        former = known.get(key)
        if former is not None and fact.version <= former.version:
            continue
        known[key] = fact
        if not start < second(fact.recorded_at) or (end is not None and second(fact.recorded_at) > end):
            continue
        for cause, sign in _learned(former, fact, as_of, within):
            found[side_of(fact), cause] += sign
    return found


def _learned(former: Fact | None, fact: Fact, day: date, within: str) -> Iterator[tuple[str, int]]:
    before, now = place(former, day), place(fact, day)
    counted, counts = _days(former), _days(fact)
    if before is None and is_inside(now, within):
        yield _gain(former, fact, counted, day), 1
    elif now is None and is_inside(before, within):
        yield _loss(fact, counts, day), -1
    elif before is not None and now is not None:
        yield from _moved(before, now, within)


def _gain(former: Fact | None, fact: Fact, counted: list[date], day: date) -> str:
    if counted:
        came_back = isinstance(fact, Enrollment) and day > counted[-1]
        return "reinstated" if came_back else "corrected"
    if isinstance(former, Partner) and former.status == "merged":
        return "split"
    if isinstance(fact, Partner):
        return "listed"
    if isinstance(former, Enrollment) and not former.periods:
        return "split"
    if isinstance(former, Enrollment) and former.listed_on is None:
        return "listed"
    return "joined"


def _loss(fact: Fact, counts: list[date], day: date) -> str:
    if counts:
        return "lapsed" if isinstance(fact, Enrollment) and day > counts[-1] else "corrected"
    if isinstance(fact, Partner):
        return {"merged": "merged", "erased": "erased"}.get(fact.status, "delisted")
    if not fact.periods:
        return "withdrawn"
    return "delisted" if fact.listed_on is None else "corrected"


def _days(fact: Fact | None) -> list[date]:
    return [] if fact is None else list(_places(fact))


def days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(number) for number in range((last - first).days + 1))


def by_source(
    facts: Iterable[Fact], as_of: date, known_at: int | None, within: str
) -> Counter[tuple[bool, tuple[str, ...]]]:
    """(enrolled, names of the source) → how many of the region count from it."""
    found: Counter[tuple[bool, tuple[str, ...]]] = Counter()
    for fact in newest(facts, known_at):
        if not is_inside(place(fact, as_of), within):
            continue
        if isinstance(fact, Enrollment):
            found[True, (fact.agency or "", fact.periods[0].start.isoformat()[:7])] += 1
        else:
            found[False, tuple(sorted({f"{each.agency}/{each.list}" for each in fact.lists}))] += 1
    return found
