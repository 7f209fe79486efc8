"""Rows become the partners that the text of the three steps says, whatever their order."""

import random
import time
from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.registration.identity.matching import Decision, cluster
from tests.unit.registration import identity_oracle
from tests.unit.registration.identity_oracle import FIRST_DAY, ROWS, Row


def partition(rows: list[Row], *decisions: Decision) -> set[frozenset[int]]:
    return {frozenset(group) for group in cluster(rows, decisions)}


@given(ROWS)
@settings(max_examples=600)
def test_partners_equal_the_rules_read_aloud(rows: list[Row]) -> None:
    assert partition(rows) == identity_oracle.partners(rows)


@given(ROWS, st.randoms(use_true_random=False))
@settings(max_examples=200)
def test_order_of_arrival_does_not_matter(rows: list[Row], dice: random.Random) -> None:
    order = list(range(len(rows)))
    dice.shuffle(order)
    shuffled = {frozenset(order[at] for at in group) for group in partition([rows[at] for at in order])}
    assert shuffled == partition(rows)


def joined(*rows: Row) -> int:
    """How many partners these rows are."""
    return len(partition(list(rows)))


def test_one_owner_with_two_businesses_stays_two_partners() -> None:
    assert joined(Row(nib=1, nik=7, name="A"), Row(nib=2, nik=7, name="B")) == 2


def test_one_owner_with_one_business_and_a_row_without_nib_is_one_partner() -> None:
    assert joined(Row(nib=1, nik=7, name="A"), Row(nik=7, name="B")) == 1


def test_two_owners_with_one_name_stay_two_partners() -> None:
    assert joined(Row(nik=7), Row(nik=8)) == 2


def test_a_third_row_of_the_name_may_split_a_partner() -> None:
    rows = [Row(nik=7), Row()]
    assert joined(*rows) == 1
    assert joined(*rows, Row(nik=8)) == 3


def test_a_name_joins_what_nothing_speaks_against() -> None:
    assert joined(Row(phone="p"), Row(email="e"), Row(owner="O U")) == 1


def test_one_list_at_one_time_other_phones_e_mails_or_owners_speak_against() -> None:
    assert joined(Row(list="one"), Row(list="one")) == 2
    assert joined(Row(phone="p"), Row(phone="q")) == 2
    assert joined(Row(email="e"), Row(email="f")) == 2
    assert joined(Row(owner="o"), Row(owner="u")) == 2


def test_a_row_changed_for_a_later_sending_is_the_partner_it_was() -> None:
    before = Row(list="one")
    assert joined(before, replace(before, first_listed=FIRST_DAY + timedelta(1), last_listed=date(2021, 3, 1))) == 1


def test_another_agencys_list_of_that_name_is_another_list() -> None:
    assert joined(Row(list="one"), Row(list="one", agency="kemenkop")) == 1


def test_what_shares_a_phone_is_one_partner_in_spite_of_other_owners_or_one_list() -> None:
    assert joined(Row(phone="p", owner="o", list="one"), Row(phone="p", owner="u", list="one")) == 1


def test_a_shared_phone_reaches_over_a_third() -> None:
    rows = [Row(phone="p"), Row(phone="p", email="e"), Row(email="e", list="one"), Row(phone="q", list="one")]
    assert partition(rows) == {frozenset((0, 1, 2)), frozenset((3,))}


def test_a_couple_with_one_phone_and_two_numbers_stays_two() -> None:
    assert joined(Row(phone="p", nib=1), Row(phone="p", nib=2)) == 2
    assert joined(Row(phone="p", nik_koperasi="a"), Row(phone="p", nik_koperasi="b")) == 2


def test_a_shared_phone_does_not_join_other_names() -> None:
    assert joined(Row(phone="p", name="A"), Row(phone="p", name="B")) == 2


def test_a_group_shares_what_its_rows_under_other_names_hold() -> None:
    other_name = Row(nib=1, name="B", phone="p")
    assert joined(Row(nib=1, list="one"), Row(phone="p", list="one"), Row(phone="q"), other_name) == 2


def test_ten_thousand_bearers_of_one_name_are_settled_at_once() -> None:
    begun = time.process_time()
    rows = [Row(list="one", phone=f"p{at % 9000}", owner=f"o{at}") for at in range(10_000)]
    assert joined(*rows) == 9_000
    assert joined(*(Row() for _ in range(10_000))) == 1
    assert time.process_time() - begun < 5


def test_what_a_person_found_the_same_is_one_in_spite_of_the_rules() -> None:
    rows = [Row(nib=1, list="one", phone="p"), Row(nib=2, list="one", phone="q"), Row(nib=2, name="B")]
    assert partition(rows, Decision(True, [[0], [1]])) == {frozenset((0, 1, 2))}


def test_what_a_person_found_different_is_not_one_in_spite_of_the_rules() -> None:
    apart = Decision(False, [[0], [1]])
    assert len(partition([Row(), Row()], apart)) == 2
    assert len(partition([Row(phone="p"), Row(phone="p")], apart)) == 2
    assert len(partition([Row(nik=7), Row(nik=7)], apart)) == 2
    assert len(partition([Row(nib=7), Row(nib=7)], apart)) == 2


def test_what_is_different_takes_only_what_would_join_it_apart() -> None:
    rows = [Row(phone="p"), Row(phone="p"), Row(email="e"), Row(email="e")]
    assert len(partition(rows)) == 1
    assert partition(rows, Decision(False, [[1], [2]])) == {frozenset((0, 1)), frozenset((2, 3))}


def test_what_is_different_stays_so_by_way_of_a_third() -> None:
    rows = [Row(name="A"), Row(name="B"), Row(nib=1, name="A"), Row(nib=1, name="B")]
    assert len(partition(rows)) == 1
    assert len(partition(rows, Decision(False, [[0], [1]]))) == 3
    numbers = [Row(nib=1, name="A"), Row(nik_koperasi="a", name="B"), Row(nib=1, nik_koperasi="a", name="C")]
    assert len(partition(numbers, Decision(False, [[0], [1]]))) == 3


SIDES = st.lists(st.sets(st.integers(0, 9), max_size=2), min_size=2, max_size=3)


@given(ROWS, st.lists(SIDES, max_size=2), st.lists(SIDES, max_size=2), st.randoms(use_true_random=False))
@settings(max_examples=200)
def test_decisions_hold_in_any_order(
    rows: list[Row], same: list[list[set[int]]], other: list[list[set[int]]], dice: random.Random
) -> None:
    def decided(place: dict[int, int]) -> list[Decision]:
        def sides(each: list[set[int]]) -> list[set[int]]:
            return [{place[at] for at in side if at in place} for side in each]

        return [Decision(True, sides(each)) for each in same] + [Decision(False, sides(each)) for each in other]

    order = list(range(len(rows)))
    as_given = partition(rows, *decided({at: at for at in order}))
    dice.shuffle(order)
    shuffled = partition([rows[at] for at in order], *decided({at: place for place, at in enumerate(order)}))
    assert {frozenset(order[at] for at in group) for group in shuffled} == as_given
    for group in as_given:
        for sides in other:
            split = [side & set(range(len(rows))) for side in sides]
            overlapping = any(a & b for a in split for b in split if a is not b)
            assert overlapping or sum(bool(side & group) for side in split) <= 1
