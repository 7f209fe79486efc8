"""Rows become partners by the three steps, whatever their order; a look-up obeys the same vetoes."""

import random
from dataclasses import dataclass
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from services.registration.identity.keys import Known, look_up
from services.registration.identity.matching import cluster
from services.registration.identity.survivors import assign, recall


@dataclass(frozen=True)
class Row:
    nib: int | None = None
    nik_koperasi: str | None = None
    nik: int | None = None
    name: str | None = "A"


def partition(rows: list[Row], vetoed: tuple[str, ...] = ()) -> set[frozenset[int]]:
    return {frozenset(group) for group in cluster(rows, vetoed)}


def oracle(rows: list[Row]) -> set[frozenset[int]]:
    """The three steps, read aloud: groups are sets of rows, each step looks at all pairs of groups."""
    groups = [frozenset((at,)) for at in range(len(rows))]

    def values(group: frozenset[int], key: str) -> set[object]:
        return {getattr(rows[at], key) for at in group} - {None}

    def united(pairs: list[tuple[frozenset[int], frozenset[int]]]) -> list[frozenset[int]]:
        parts = {group: {group} for group in groups}
        for a, b in pairs:
            if parts[a] is not parts[b]:
                parts[a] |= parts[b]
                for member in parts[a]:
                    parts[member] = parts[a]
        return list({frozenset().union(*part) for part in parts.values()})

    def holders(key: str, value: object) -> list[frozenset[int]]:
        return [group for group in groups if value in values(group, key)]

    def everything(key: str) -> set[object]:
        return {getattr(row, key) for row in rows} - {None}

    same = [
        pair
        for key in ("nib", "nik_koperasi")
        for value in everything(key)
        for pair in combinations(holders(key, value), 2)
    ]
    groups = united(same)
    allowed = [
        pair
        for nik in everything("nik")
        if sum(bool(values(group, "nib")) for group in holders("nik", nik)) <= 1
        for pair in combinations(holders("nik", nik), 2)
    ]
    groups = united(allowed)
    allowed = []
    for name in everything("name"):
        held = holders("name", name)
        nibs = set().union(*(values(group, "nib") for group in held))
        niks = set().union(*(values(group, "nik") for group in held))
        if len(nibs) <= 1 and len(niks) <= 1:
            allowed += combinations(held, 2)
    return set(united(allowed))


ROWS = st.lists(
    st.builds(
        Row,
        nib=st.sampled_from([None, None, 1, 2, 3]),
        nik_koperasi=st.sampled_from([None, None, None, "a", "b"]),
        nik=st.sampled_from([None, 1, 2, 3]),
        name=st.sampled_from("ABC"),
    ),
    max_size=12,
)


@given(ROWS)
@settings(max_examples=400, deadline=None)
def test_groups_equal_the_rules_read_aloud(rows: list[Row]) -> None:
    assert partition(rows) == oracle(rows)


@given(ROWS, st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_order_of_arrival_does_not_matter(rows: list[Row], dice: random.Random) -> None:
    order = list(range(len(rows)))
    dice.shuffle(order)
    shuffled = {frozenset(order[at] for at in group) for group in partition([rows[at] for at in order])}
    assert shuffled == partition(rows)


@given(ROWS)
@settings(max_examples=200, deadline=None)
def test_a_name_whose_own_rows_veto_it_need_not_be_looked_at(rows: list[Row]) -> None:
    def clash(name: str) -> bool:
        held = [row for row in rows if row.name == name]
        return len({r.nib for r in held} - {None}) > 1 or len({r.nik for r in held} - {None}) > 1

    vetoed = tuple(name for name in "ABC" if clash(name))
    assert partition(rows, vetoed) == partition(rows)


def test_one_owner_with_two_businesses_stays_two_partners() -> None:
    assert len(partition([Row(nib=1, nik=7, name="A"), Row(nib=2, nik=7, name="B")])) == 2


def test_one_owner_with_one_business_and_a_row_without_nib_is_one_partner() -> None:
    assert len(partition([Row(nib=1, nik=7, name="A"), Row(nik=7, name="B")])) == 1


def test_two_owners_with_one_name_stay_two_partners() -> None:
    assert len(partition([Row(nik=7), Row(nik=8)])) == 2


def test_a_third_row_of_the_name_may_split_a_partner() -> None:
    rows = [Row(nik=7), Row()]
    assert len(partition(rows)) == 1
    assert len(partition([*rows, Row(nik=8)])) == 3


@dataclass(frozen=True)
class Once(Row):
    partner: str = "P"


def once(row: Row, partner: str = "P") -> Once:
    return Once(row.nib, row.nik_koperasi, row.nik, row.name, partner)


def back(rows: list[Row], *former: Once) -> list[list[str]]:
    return recall(rows, cluster(rows), former)


@given(ROWS.filter(len), st.randoms(use_true_random=False))
@settings(max_examples=300, deadline=None)
def test_partners_that_come_back_as_they_were_are_who_they_were(rows: list[Row], dice: random.Random) -> None:
    groups = cluster(rows)
    gone = dice.sample(range(len(groups)), dice.randint(1, len(groups)))
    former = [once(rows[at], str(number)) for number in gone for at in groups[number]]
    for number, found in enumerate(recall(rows, groups, former)):
        sure = number in gone and any(rows[at].nib or rows[at].nik_koperasi for at in groups[number])
        assert found == [str(number)] if sure else found in ([], [str(number)])


@given(ROWS.filter(len), ROWS.filter(len))
@settings(max_examples=300, deadline=None)
def test_a_partner_comes_back_where_its_rows_would_be_if_they_still_stood(rows: list[Row], others: list[Row]) -> None:
    groups = cluster(rows)
    together = oracle([*rows, *others])
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


def known(partner: str, nibs: tuple[int, ...] = (), niks: tuple[int, ...] = ()) -> Known[str]:
    return Known(partner, frozenset(nibs), frozenset(niks))


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


def test_the_name_tells_an_owners_two_businesses_apart() -> None:
    shop, farm = known("shop", (1,), (7,)), known("farm", (2,), (7,))
    assert look_up(None, 7, [], [shop, farm], [shop]) == "shop"


def test_the_id_first_recorded_survives_and_a_split_off_part_needs_a_new_one() -> None:
    first = {"old": 1, "young": 2}
    assert assign([[(1, "young"), (2, "old")]], [()], first) == (["old"], {"young": 0})
    assert assign([[(2, "old")], [(1, "old")]], [(), ()], first) == ([None, "old"], {})
    assert assign([[(5, None)]], [("young",)], first) == (["young"], {})
