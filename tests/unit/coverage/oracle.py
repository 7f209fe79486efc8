"""A brute-force oracle: what the figures must be, straight from the facts and the contracts' words.

It uses no cells, ledgers or sums: for every partner it takes the version known at the time and checks whether the day
is in one of its periods.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta

from shared.events.enrollments import Enrollment
from shared.events.partners import Partner

Fact = Enrollment | Partner
Place = tuple[str, str, str, str | None, str | None, str | None, tuple[str, ...], bool]
"""side, region, kind, scale, occupation, segment, programmes, size unknown"""


def newest(facts: Iterable[Fact], known_at: int | None) -> list[Fact]:
    """The version of each partner and topic that holds, of those recorded by then; facts in the order of the log."""
    accepted: dict[tuple[type, str], Fact] = {}
    highest: Counter[tuple[type, str]] = Counter()
    for fact in facts:
        key = (type(fact), fact.partner_id)
        if fact.version <= highest[key]:
            continue
        highest[key] = fact.version
        if known_at is None or int(fact.recorded_at.timestamp()) <= known_at:
            accepted[key] = fact
    return list(accepted.values())


def figures(facts: Iterable[Fact], as_of: date, known_at: int | None) -> dict[Place, tuple[int, ...]]:
    """Place → (partners, workers, management, staff, labour), zeros left out."""
    return _summed(newest(facts, known_at), as_of)


def members(facts: Iterable[Fact], as_of: date, known_at: int | None, cooperative: str) -> dict[Place, tuple[int, ...]]:
    """The same of the members of a cooperative alone."""
    return _summed([each for each in newest(facts, known_at) if each.cooperative_id == cooperative], as_of)


def enrolled_through(
    facts: Iterable[Fact], as_of: date, known_at: int | None, cooperative: str
) -> dict[Place, tuple[int, ...]]:
    """The same of those that were enrolled through it."""
    enrolments = [each for each in newest(facts, known_at) if isinstance(each, Enrollment)]
    return _summed([each for each in enrolments if each.channel_id == cooperative], as_of)


def joined_and_lost(
    facts: Iterable[Fact], days: Iterable[date], known_at: int | None, counts: Callable[[Place], bool]
) -> tuple[int, int, int]:
    """On these days, each compared with the day before: how many joined what `counts`, how many were lost, and how many
    of those were enrolled nowhere that day."""
    joined = lost = lapsed = 0
    enrolments = [each for each in newest(facts, known_at) if isinstance(each, Enrollment)]
    for day in days:
        for fact in enrolments:
            before, now = _enrolled(fact, day - timedelta(1)), _enrolled(fact, day)
            was, is_now = (found is not None and counts(found[0]) for found in (before, now))
            joined += is_now and not was
            lost += was and not is_now
            lapsed += was and now is None
    return joined, lost, lapsed


def completeness(scale: str | None, segment: str | None, programmes: Iterable[str]) -> tuple[str, ...]:
    """By the words of Perpres 109/2013, a case at a time."""
    held = set(programmes)
    has_all_four = {"JKK", "JKM", "JHT", "JP"} <= held
    has_basic = {"JKK", "JKM"} <= held
    if segment == "BPU" or scale in (None, "micro"):
        has_mandatory = has_basic
    elif scale == "small":
        has_mandatory = has_basic and "JHT" in held
    else:
        has_mandatory = has_all_four
    return ("mandatory",) * has_mandatory + ("all_four",) * has_all_four


def _summed(facts: Iterable[Fact], as_of: date) -> dict[Place, tuple[int, ...]]:
    sums: dict[Place, list[int]] = {}
    for fact in facts:
        found = _enrolled(fact, as_of) if isinstance(fact, Enrollment) else _listed(fact, as_of)
        if found:
            place, numbers = found
            sums[place] = [a + b for a, b in zip(sums.get(place, [0] * 5), (1, *numbers), strict=True)]
    return {place: tuple(numbers) for place, numbers in sums.items()}


def _enrolled(fact: Enrollment, day: date) -> tuple[Place, tuple[int, int, int, int]] | None:
    if fact.listed_on is None:
        return None
    for period in fact.periods:
        if max(period.start, fact.listed_on) <= day and (period.until is None or day < period.until):
            held = tuple(sorted(set(period.programmes)))
            place = ("enrolled", period.region, fact.kind, fact.scale, fact.occupation, period.segment, held, False)
            w = period.workers
            return place, (w.management + w.staff + w.labour, w.management, w.staff, w.labour)
    return None


def _listed(fact: Partner, day: date) -> tuple[Place, tuple[int, int, int, int]] | None:
    if fact.status != "active" or fact.listed_on is None or day < fact.listed_on:
        return None
    levels = [fact.workers.management, fact.workers.staff, fact.workers.labour]
    counts = [level or 0 for level in levels]
    unknown = fact.workers.total is None and levels == [None, None, None]
    total = sum(counts) if fact.workers.total is None else fact.workers.total
    place = ("listed", fact.region, fact.kind, fact.scale, fact.occupation, None, (), unknown)
    return place, (total, counts[0], counts[1], counts[2])


def second(moment: datetime) -> int:
    return int(moment.timestamp())
