"""Which agencies a batch brings events of, and when they were last seen. Pure."""

from collections.abc import Iterable
from typing import NamedTuple

from services.coverage.facts import ListFact, PartnerFact
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
    last = max(seconds)
    day = (last + OFFSET_SECONDS) // 86_400
    begins = day * 86_400 - OFFSET_SECONDS
    days = frozenset((second + OFFSET_SECONDS) // 86_400 for second in set(seconds))
    return LastSeen(last, day, sum(second >= begins for second in seconds), days)


def lists_of(fact: PartnerFact) -> list[str]:
    """The lists that name the partner, as agency/list; none once it is merged, erased or delisted."""
    if fact.status != "active" or fact.listed_on is None:
        return []
    return sorted({f"{each.agency}/{each.list}" for each in fact.lists})


def contributing_agencies(
    versions: Iterable[tuple[PartnerFact, int]], lists_before: dict[str, set[str]]
) -> list[tuple[str, int]]:
    """(agency, second) of each event that the new versions of partners came from; `lists_before` by partner_id.

    A fact does not name its sender. The agencies contributed whose lists added or removed the partner; where no list
    changed, the agency of the newest listing did: of all that name the partner it is the likeliest to have sent new
    particulars. A merge is no event of the lists that go over to the survivor: the survivor's own fact has them.
    """
    lists = dict(lists_before)
    events: list[tuple[str, int]] = []
    for fact, second in versions:
        before, now = lists[fact.partner_id], set(lists_of(fact))
        lists[fact.partner_id] = now
        if now != before:
            changed = before ^ now if fact.status != "merged" else ()
            events += [(agency, second) for agency in {each.partition("/")[0] for each in changed}]
        elif now:
            events.append((max(fact.lists, key=_listed_on).agency, second))
    return events


def _listed_on(listing: ListFact) -> str:
    return listing.listed_on or ""
