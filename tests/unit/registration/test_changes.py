"""What became of a partner, told to those that list it and to nobody else."""

from datetime import date
from typing import Any
from uuid import UUID

import msgspec
import pytest

from services.registration.identity.partner_state import PartnerState
from services.registration.records import changes
from services.registration.records.changes import Change
from services.registration.records.derivation import Derived, NewFact
from services.registration.records.stored_facts import NEVER
from services.registration.records.timelines import change_type
from shared.events.enrollments import Enrollment, Period
from shared.events.model import Workers
from shared.events.partners import Listing, Partner

ONE, OTHER = UUID(int=1), UUID(int=2)
TODAY = date(2022, 1, 1)


def on(*agencies: str) -> Partner:
    lists = tuple(Listing(agency, "daftar", TODAY) for agency in agencies)
    return Partner(str(ONE), 0, "active", "33.11", "business", NEVER, lists=lists)


def period(start: str, until: str | None = None, programmes: tuple[Any, ...] = ("JKK", "JKM")) -> Period:
    ends = None if until is None else date.fromisoformat(until)
    return Period(date.fromisoformat(start), ends, "33.11", "PU", programmes, Workers())


def insured(*periods: Period) -> Enrollment:
    return Enrollment(str(ONE), 0, "business", periods, NEVER)


def found(
    before: Partner | None,
    after: Partner | None,
    was: Enrollment | None = None,
    now: Enrollment | None = None,
    gone_with: frozenset[str] = frozenset(),
    split: dict[UUID, UUID] | None = None,
    **state: Any,
) -> list[Change]:
    stored = {"fact": before, "enrollment_fact": was}
    encoded: dict[str, Any] = {name: msgspec.json.encode(fact) if fact else None for name, fact in stored.items()}
    held = PartnerState(ONE, NEVER, **encoded, **state)
    partner = NewFact("partner.updated", after, b"") if after else None
    kind = change_type(was.periods if was else None, now.periods) if now else ""
    enrollment = NewFact(kind, now, b"") if now else None
    new = Derived("33.11", partner, None, enrollment)
    return list(changes.of(held, new, TODAY, split or {}, gone_with))


def whats(all_of_them: list[Change]) -> list[tuple[Any, ...]]:
    return [(each.agency, each.what, each.since and each.since.isoformat()) for each in all_of_them]


OPEN = insured(period("2021-03-01"))
ENDED = insured(period("2021-03-01", "2021-06-01"))


@pytest.mark.parametrize(
    ("was", "now", "expected"),
    [
        (None, OPEN, ("registered", "2021-03-01")),
        (OPEN, ENDED, ("lapsed", "2021-06-01")),
        (ENDED, insured(period("2021-03-01", "2021-06-01"), period("2021-09-01")), ("reinstated", "2021-09-01")),
        (OPEN, insured(period("2021-03-01", programmes=("JKK", "JKM", "JHT"))), ("changed", "2021-03-01")),
    ],
)
def test_each_agency_that_lists_a_partner_is_told_once(was: Any, now: Any, expected: tuple[str, str]) -> None:
    assert whats(found(on("a", "b"), None, was, now)) == [("a", *expected), ("b", *expected)]


def test_what_concerns_no_list_is_told_to_nobody() -> None:
    assert found(None, None, None, OPEN) == []


def test_another_region_alone_is_no_change() -> None:
    moved = msgspec.structs.replace(OPEN.periods[0], region="33.10")
    assert found(on("a"), None, OPEN, insured(moved)) == []


def test_who_lists_a_partner_that_is_registered_is_told_how_it_stands() -> None:
    assert whats(found(on("a"), on("a", "b"), OPEN)) == [("b", "registered", "2021-03-01")]
    assert whats(found(None, on("b"), ENDED)) == [("b", "lapsed", "2021-06-01")]
    assert found(None, on("b")) == []


def test_who_listed_it_before_and_after_gets_the_change_and_who_is_new_the_state() -> None:
    assert whats(found(on("a"), on("a", "b"), OPEN, ENDED)) == [
        ("a", "lapsed", "2021-06-01"),
        ("b", "lapsed", "2021-06-01"),
    ]


def test_only_who_took_it_off_its_list_is_told_that_it_is_off() -> None:
    assert whats(found(on("a", "b"), on("b"))) == [("a", "delisted", None)]
    assert found(on("a", "b"), on("b"), gone_with=frozenset("a")) == []


def test_who_lists_a_part_that_was_split_off_learns_from_what() -> None:
    (change,) = found(None, on("a"), split={ONE: OTHER})
    assert (change.what, change.partner, change.other) == ("split", ONE, OTHER)


def test_a_merged_partner_names_its_survivor_and_an_erased_one_nothing_and_neither_lapses() -> None:
    (change,) = found(on("a"), on(), OPEN, insured(), status="merged", merged_into=OTHER)
    assert (change.what, change.other) == ("merged", OTHER)
    assert whats(found(on("a"), on(), OPEN, insured(), status="erased")) == [("a", "erased", None)]


def test_of_a_partner_listed_for_the_first_time_there_is_none() -> None:
    new = Derived("33.11", NewFact("partner.listed", on("a", "b"), b""), None, None)
    state = PartnerState(ONE, NEVER, is_new=True)
    assert not changes.may_be_any(state, new, {})
    assert list(changes.of(state, new, TODAY, {})) == []
    assert changes.may_be_any(state, new, {ONE: OTHER})
    assert changes.may_be_any(PartnerState(ONE, NEVER), new, {})
