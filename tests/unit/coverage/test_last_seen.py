"""Which agencies the versions of a partner came from, and when each was last seen."""

from datetime import UTC, datetime

from services.coverage.facts import ListFact, PartnerFact
from services.coverage.last_seen import LastSeen, by_agency, contributing_agencies, lists_of
from services.coverage.members import NOWHERE
from services.coverage.sources import Listing

RECORDED = datetime(2026, 1, 10, tzinfo=UTC)
MIDNIGHT = 1_767_978_000
"""2026-01-10 00:00:00 in Jakarta."""
DAY = (MIDNIGHT + 7 * 3600) // 86_400


def partner(*lists: str, status: str = "active") -> PartnerFact:
    named = tuple(ListFact(*each.split("/"), f"2021-01-0{n}") for n, each in enumerate(lists, 1))
    return PartnerFact("p", 1, status, "33.11", "business", RECORDED, lists=named, listed_on="2021-01-01")


def listing(*lists: str, status: str = "active") -> Listing:
    fact = partner(*lists, status=status)
    return Listing(fact, lists_of(fact), NOWHERE)


def test_only_events_of_the_newest_day_in_jakarta_are_counted() -> None:
    events = [("a", MIDNIGHT - 1), ("a", MIDNIGHT), ("a", MIDNIGHT + 9), ("b", MIDNIGHT - 1), (None, MIDNIGHT)]
    assert by_agency(events) == {
        "a": LastSeen(MIDNIGHT + 9, DAY, 2, frozenset({DAY - 1, DAY})),
        "b": LastSeen(MIDNIGHT - 1, DAY - 1, 1, frozenset({DAY - 1})),
    }


def test_agencies_contributed_whose_lists_changed_else_the_one_of_the_newest_listing() -> None:
    versions = [(listing("a/x", "b/x"), 1), (listing("a/x", "b/x"), 2), (listing("b/x"), 3)]
    found = contributing_agencies(versions, {"p": ()})
    assert sorted(found) == [("a", 1), ("a", 3), ("b", 1), ("b", 2)]


def test_a_merged_partner_is_on_no_list_and_its_merge_is_nobodys_event() -> None:
    merged = listing("a/x", status="merged")
    assert merged.names == ()
    assert contributing_agencies([(merged, 1)], {"p": ("a/x",)}) == []
