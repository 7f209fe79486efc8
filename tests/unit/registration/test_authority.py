"""Whose rows set what a partner is: those of agencies that may list its present region, the newest first."""

from datetime import date
from itertools import permutations

import pytest

from services.registration.identity.authority import Decision, settle
from services.registration.identity.profile import Row, derive
from shared.regions import Regions

REGIONS = Regions.load()
AGENCIES = {"sukoharjo": ("33.11",), "other": ("33.11",), "tangerang": ("36.71",), "kemenkop": ("ID",)}


def may_list(agency: str, region: str) -> bool:
    return REGIONS.within(AGENCIES[agency], region)


def row(sequence: int, agency: str, region: str, day: int, kind: str = "business") -> Row:
    listed = date(2021, 1, day)
    key = f"k{sequence}"
    return Row(key, sequence, "p", agency, "list", 1, None, None, "n", region, kind, listed, listed, 0)  # type: ignore[arg-type]


HOME = row(1, "sukoharjo", "33.11", 5)


def counted(rows: list[Row], decided: Decision | None = None) -> tuple[str, list[int], set[str]]:
    found = settle(rows, may_list, decided)
    return found.region, [each.sequence for each in found.counting], set(found.disputed)


def test_of_one_agencys_rows_the_newest_gives_the_region() -> None:
    assert counted([HOME, row(2, "sukoharjo", "33.12", 9)]) == ("33.12", [1, 2], set())


def test_a_newcomer_from_another_region_sets_nothing_and_is_disputed() -> None:
    rows = [HOME, row(2, "tangerang", "36.71", 9, "cooperative")]
    assert counted(rows) == ("33.11", [1], {"36.71"})
    found = settle(rows, may_list)
    profile = derive(rows, found.region, found.counting)
    assert (profile.region, profile.kind, len(profile.lists)) == ("33.11", "business", 2)


def test_an_agency_of_the_same_region_counts_as_much() -> None:
    assert counted([HOME, row(2, "other", "33.11", 9)]) == ("33.11", [1, 2], set())


def test_who_may_list_both_regions_moves_the_partner() -> None:
    assert counted([HOME, row(2, "kemenkop", "36.71", 9)]) == ("36.71", [2], set())
    assert counted([HOME, row(2, "kemenkop", "36.71", 9), row(3, "tangerang", "36.71", 1)])[1] == [3, 2]


def test_an_older_row_moves_nothing() -> None:
    assert counted([HOME, row(2, "kemenkop", "36.71", 1)]) == ("33.11", [2, 1], set())


def test_a_later_row_of_one_who_may_list_both_settles_the_dispute_until_it_is_raised_again() -> None:
    rows = [HOME, row(2, "tangerang", "36.71", 9), row(3, "kemenkop", "33.11", 11)]
    assert counted(rows)[2] == set()
    assert counted([*rows, row(4, "tangerang", "36.71", 12)])[2] == {"36.71"}


def test_a_decision_holds_against_the_regions_it_was_taken_against() -> None:
    rows = [HOME, row(2, "tangerang", "36.71", 9)]
    decided = Decision("36.71", frozenset({"33.11"}))
    assert counted(rows, decided) == ("36.71", [2], set())
    assert counted([*rows, row(3, "kemenkop", "33.11", 20)], decided)[0] == "36.71"
    assert counted([*rows, row(3, "kemenkop", "33.12", 20)], decided)[0] == "33.12"
    assert counted([*rows, row(3, "sukoharjo", "33.11", 20)], Decision("33.11", frozenset({"36.71"})))[2] == set()


@pytest.mark.parametrize(
    "rows", list(permutations([HOME, row(2, "tangerang", "36.71", 9), row(3, "kemenkop", "33.12", 7)]))
)
def test_the_order_in_which_rows_are_read_does_not_matter(rows: tuple[Row, ...]) -> None:
    assert counted(list(rows)) == ("33.12", [3], {"36.71"})


def test_rows_of_agencies_that_lost_their_regions_count_if_no_others_do() -> None:
    found = settle([HOME, row(2, "tangerang", "36.71", 9)], lambda *_: False)
    assert [each.sequence for each in found.counting] == [1]
