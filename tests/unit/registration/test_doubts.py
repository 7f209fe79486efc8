"""What stays open for a person: partners of one name that could be one, and clusters and owners that stay apart."""

import random
import time
from itertools import combinations
from uuid import UUID

import pytest

from services.registration.identity import doubts
from services.registration.identity.profile import Row
from tests.unit.registration.test_regrouping import Rows, plain
from tests.unit.registration.test_regrouping import row as any_row

NUMBERS = ("nib", "nik_koperasi", "nik")


def could_be_one(one: list[Row], other: list[Row]) -> bool:
    both = [*one, *other]
    return all(len({getattr(row, key) for row in both} - {None}) <= 1 for key in NUMBERS)


@pytest.mark.parametrize("seed", range(80))
async def test_possible_duplicates_are_those_of_all_pairs(seed: int) -> None:
    dice, stored = random.Random(seed), Rows()
    often = dice.choice([0.6, 0.3, 0.1])
    await stored.change([any_row(dice, UUID(int=dice.getrandbits(120)), often) for _ in range(14)])
    by_partner: dict[UUID, list[Row]] = {}
    for row in stored.rows.values():
        by_partner.setdefault(row.partner, []).append(row)
    apart = {p: {q for q in by_partner if dice.random() < 0.2} - {p} for p in by_partner}
    apart = {p: {q for q in by_partner if q in apart[p] or p in apart[q]} for p in by_partner}
    for name in "ABC":
        bearing = {p: own for p, own in by_partner.items() if any(row.name == name for row in own)}
        pairs = [
            pair
            for pair in combinations(bearing, 2)
            if could_be_one(*map(bearing.__getitem__, pair)) and pair[1] not in apart[pair[0]]
        ]
        rows = [row for own in bearing.values() for row in own]
        assert set(doubts.possible_duplicates(name, rows, apart)) == {p for pair in pairs for p in pair}


async def partners_of(*rows: Row) -> tuple[list[Row], list[UUID]]:
    stored = Rows()
    await stored.change(rows)
    return list(stored.rows.values()), [stored.rows[row.key].partner for row in rows]


async def test_a_couple_with_one_phone_and_two_niks_is_a_conflict_and_no_possible_duplicate() -> None:
    rows, partners = await partners_of(plain(1, phone="p", nik=1), plain(2, phone="p", nik=2))
    assert list(doubts.conflicts_of_name("A", rows, {}).values()) == [sorted(partners)]
    assert doubts.possible_duplicates("A", rows, {}) == []


async def test_an_owner_with_two_nibs_is_a_conflict_of_the_nik() -> None:
    rows, partners = await partners_of(
        plain(1, nik=7, nib=1), plain(2, nik=7, nib=2, name="B"), plain(3, nik=7, name="C")
    )
    assert doubts.conflict_of_nik(7, rows, {}) == sorted(partners)
    assert doubts.conflict_of_nik(7, rows[:1], {}) == []


async def test_what_was_decided_is_no_longer_in_doubt_but_what_is_new_is() -> None:
    rows, (one, two, three) = await partners_of(*(plain(n, list="one") for n in (1, 2, 3)))
    apart = {one: {two}, two: {one}}
    assert doubts.possible_duplicates("A", rows[:2], apart) == []
    assert set(doubts.possible_duplicates("A", rows, apart)) == {one, two, three}


async def test_ten_thousand_bearers_are_counted_at_once() -> None:
    rows = [Row(**_fields(plain(n, nik=n if n % 2 else None)), partner=n) for n in range(1, 10_001)]
    begun = time.process_time()
    assert len(doubts.possible_duplicates("A", rows, {})) == 10_000
    assert time.process_time() - begun < 5


def _fields(row: Row) -> dict[str, object]:
    return {name: getattr(row, name) for name in Row.__struct_fields__ if name != "partner"}
