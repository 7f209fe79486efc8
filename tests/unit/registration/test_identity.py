"""A partner that comes back is who it was; a look-up obeys the vetoes and asks contacts where several bear a name."""

import random
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from services.registration.identity.keys import Known, look_up
from services.registration.identity.matching import cluster
from services.registration.identity.survivors import assign, recall
from tests.unit.registration import identity_oracle
from tests.unit.registration.identity_oracle import ROWS, Row


@dataclass(frozen=True)
class Once(Row):
    partner: str = "P"


def once(row: Row, partner: str = "P") -> Once:
    kept = ("nib", "nik_koperasi", "nik", "name", "phone", "email", "owner")
    return Once(*(getattr(row, key) for key in kept), partner=partner)


def back(rows: list[Row], *former: Once) -> list[list[str]]:
    return recall(rows, cluster(rows), former)


@given(ROWS.filter(len), st.randoms(use_true_random=False))
@settings(max_examples=300)
def test_partners_that_come_back_as_they_were_are_who_they_were(rows: list[Row], dice: random.Random) -> None:
    groups = cluster(rows)
    gone = dice.sample(range(len(groups)), dice.randint(1, len(groups)))
    former = [once(rows[at], str(number)) for number in gone for at in groups[number]]
    for number, found in enumerate(recall(rows, groups, former)):
        sure = number in gone and any(rows[at].nib or rows[at].nik_koperasi for at in groups[number])
        assert found == [str(number)] if sure else found in ([], [str(number)])


@given(ROWS.filter(len), ROWS.filter(len))
@settings(max_examples=300)
def test_a_partner_comes_back_where_its_rows_would_be_if_they_still_stood(rows: list[Row], others: list[Row]) -> None:
    groups = cluster(rows)
    together = identity_oracle.partners([*rows, *map(once, others)])
    expected = {
        number
        for number, group in enumerate(groups)
        for whole in together
        if whole & set(group) and max(whole) >= len(rows)
    }
    found = {n for n, partners in enumerate(recall(rows, groups, [once(row) for row in others])) if partners}
    assert found <= expected
    assert bool(found) == bool(expected)


def test_a_name_alone_brings_a_partner_back_unless_others_bore_it() -> None:
    assert back([Row()], once(Row(nik=7))) == [["P"]]
    assert back([Row()], once(Row(nik=7)), once(Row(nik=8), "Q")) == [[]]
    assert back([Row(nik=8)], once(Row(nik=7))) == [[]]


def test_a_partner_comes_back_by_its_strongest_identifier() -> None:
    assert back([Row(name="A"), Row(nib=1, name="B")], once(Row(nib=1, name="A"))) == [[], ["P"]]
    assert back([Row(name="A"), Row(nik=7, name="B")], once(Row(nik=7, name="A"))) == [[], ["P"]]


def test_a_row_that_is_sent_again_brings_its_partner_back_whoever_bears_the_name() -> None:
    again = Once(key="k", phone="p")
    assert back([Row(key="k", phone="q", list="one"), Row(list="one")], again) == [["P"], []]


def known(
    partner: str, nibs: tuple[int, ...] = (), niks: tuple[int, ...] = (), contacts: tuple[str, ...] = ()
) -> Known[str]:
    return Known(partner, frozenset(nibs), frozenset(niks), frozenset(contacts))


def test_a_look_up_prefers_the_nib_then_the_nik_then_the_name() -> None:
    by_nib, by_nik, by_name = [known("nib", (1,))], [known("nik", (), (7,))], [known("name")]
    assert look_up(1, 7, by_nib, by_nik, by_name) == "nib"
    assert look_up(9, 7, [], by_nik, by_name) == "nik"
    assert look_up(None, 9, [], [], by_name) == "name"


def test_a_look_up_is_vetoed_by_another_nib_or_nik() -> None:
    assert look_up(9, 7, [], [known("other", (1,), (7,))], []) is None
    assert look_up(None, 9, [], [], [known("other", (), (7,))]) is None
    assert look_up(9, None, [], [], [known("other", (1,))]) is None
    assert look_up(None, None, [], [], [known("one"), known("two")]) is None


def test_a_nik_koperasi_finds_its_holder_and_vetoes_nobody() -> None:
    assert look_up(None, None, [known("cooperative")], [], []) == "cooperative"
    assert look_up(None, None, [], [], [known("only", (1,))]) == "only"


def test_where_several_bear_the_name_contacts_tell_which_one_is_meant() -> None:
    one, other = known("one", contacts=("p", "o")), known("other", contacts=("q",))
    assert look_up(None, None, [], [], [one, other], {"q"}) == "other"
    assert look_up(None, None, [], [], [one, other], {"r"}) is None
    assert look_up(None, None, [], [], [one, other], {"p", "q"}) is None
    assert look_up(None, None, [], [], [one, known("other", (1,))], {"r"}) is None


def test_a_veto_holds_among_several_and_one_alone_is_not_asked_for_its_phone() -> None:
    vetoed, other = known("one", (1,), contacts=("p",)), known("other", contacts=("p",))
    assert look_up(9, None, [], [], [vetoed, other], {"p"}) == "other"
    assert look_up(None, None, [], [], [known("only", contacts=("p",))], {"q"}) == "only"


def test_a_nik_that_one_partner_holds_finds_it_with_or_without_its_nib() -> None:
    assert look_up(None, 7, [], [known("shop", (1,), (7,))], []) == "shop"
    assert look_up(9, 7, [], [known("shop", (), (7,))], []) == "shop"


def test_the_name_tells_an_owners_two_businesses_apart() -> None:
    shop, farm = known("shop", (1,), (7,)), known("farm", (2,), (7,))
    assert look_up(None, 7, [], [shop, farm], [shop]) == "shop"


def test_the_id_first_recorded_survives_and_a_split_off_part_needs_a_new_one() -> None:
    first = {"old": 1, "young": 2}
    assert assign([[(1, "young"), (2, "old")]], [()], first) == (["old"], {"young": 0})
    assert assign([[(2, "old")], [(1, "old")]], [(), ()], first) == ([None, "old"], {})
    assert assign([[(5, None)]], [("young",)], first) == (["young"], {})
