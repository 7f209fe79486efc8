"""Which agencies a batch brings events of, and when they were last seen. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from services.coverage.facts import ListFact, PartnerFact
from services.coverage.sources import Listing, Names
from shared.jakarta import OFFSET_SECONDS

Event = tuple[str | None, int]
"""The agency that sent an event (None: not known), and the second the event was recorded in."""


class LastSeen(NamedTuple):
    """The newest second of an agency's events, that second's day in Jakarta (days since 1970), how many of the events
    are of that day, and the days of all of them."""

    second: int
    day: int
    events: int
    days: frozenset[int]


def by_agency(events: Iterable[Event]) -> dict[str, LastSeen]:
    """agency → when it was last seen, from its events; events without an agency do not count."""
    seconds: dict[str, list[int]] = {}
    for agency, second in events:
        if agency is not None:
            seconds.setdefault(agency, []).append(second)
    return {agency: _last_seen(found) for agency, found in seconds.items()}


def _last_seen(seconds: list[int]) -> LastSeen:
    days = Counter([(second + OFFSET_SECONDS) // 86_400 for second in seconds])
    newest = max(days)
    return LastSeen(max(seconds), newest, days[newest], frozenset(days))


def lists_of(fact: PartnerFact) -> Names:
    """The lists that name the partner, as agency/list in order; none once it is merged, erased or delisted."""
    if fact.status != "active" or fact.listed_on is None:
        return ()
    if len(fact.lists) == 1:
        return (f"{fact.lists[0].agency}/{fact.lists[0].list}",)
    return tuple(sorted({f"{each.agency}/{each.list}" for each in fact.lists}))


def contributing_agencies(
    versions: Iterable[tuple[Listing, int]], lists_before: Mapping[str, Names]
) -> list[tuple[str, int]]:
    """(agency, second) of each event that the new versions of partners came from; `lists_before` by partner_id.

    A fact does not name its sender. The agencies contributed whose lists added or removed the partner; where no list
    changed, the agency of the newest listing did: of all that name the partner it is the likeliest to have sent new
    particulars. A merge is no event of the lists that go over to the survivor: the survivor's own fact has them.
    """
    lists = dict(lists_before)
    events: list[tuple[str, int]] = []
    for (fact, now, _), second in versions:
        before = lists[fact.partner_id]
        lists[fact.partner_id] = now
        if now != before:
            if fact.status != "merged":
                events += [(agency, second) for agency in _agencies_of_difference(before, now)]
        elif now:
            events.append((max(fact.lists, key=_listed_on).agency, second))
    return events


@lru_cache(maxsize=10_000)
def _agencies_of_difference(before: Names, now: Names) -> frozenset[str]:
    """Cached, since thousands of partners come onto the same lists."""
    return frozenset(each.partition("/")[0] for each in {*before} ^ {*now})


def _listed_on(listing: ListFact) -> str:
    return listing.listed_on or ""
