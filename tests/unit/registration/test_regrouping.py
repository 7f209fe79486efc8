"""Whatever comes, is replaced or removed, in whatever batches: the partners are those of all rows read at once."""

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest

from services.registration.identity import decisions, matching, regrouping
from services.registration.identity.decisions import DecidedRow
from services.registration.identity.profile import Row
from services.registration.identity.reach import apart, join
from services.registration.identity.regrouping import Reach
from tests.unit.registration import identity_oracle

NOW = datetime(2021, 1, 1, tzinfo=UTC)


@dataclass
class Rows:
    """Rows and decisions in memory, changed as the writer changes them; `looked_at` are the rows it asked for."""

    rows: dict[UUID, Row] = field(default_factory=dict)
    decided_rows: list[DecidedRow] = field(default_factory=list)
    sequence: int = 0
    looked_at: set[UUID] = field(default_factory=set)
    _ids: Any = field(default_factory=lambda: count(1))

    async def change(self, changed: Sequence[Row] = (), removed: Collection[UUID] = ()) -> regrouping.Regrouped:
        """Put the changed rows, remove the others, and regroup."""
        old = [self.rows[key] for key in {*removed, *(r.key for r in changed)} if key in self.rows]
        alone, others = await apart(self, [self._placed(row) for row in changed], old)
        joined = await join(self, others, old)
        known = {row.partner for row in (*joined.rows, *old)} - {None}
        ages = {partner: (NOW, partner) for partner in known}
        reach = Reach(joined, old, {row.key for row in others}, (), ages)
        found = regrouping.decide(reach, self._new_id).with_strangers(alone, self._new_id)
        for row in old:
            del self.rows[row.key]
        self.rows |= found.rows_by_key() | {row.key: row for row in found.moved}
        return found

    def _new_id(self) -> UUID:
        return UUID(int=next(self._ids))

    def _placed(self, row: Row) -> Row:
        before = self.rows.get(row.key)
        self.sequence += 1
        values = {name: getattr(row, name) for name in Row.__struct_fields__}
        values |= {"sequence": before.sequence if before else self.sequence, "partner": before and before.partner}
        return Row(**values)

    def partition(self) -> set[frozenset[UUID]]:
        partners: dict[UUID, set[UUID]] = {}
        for row in self.rows.values():
            partners.setdefault(row.partner, set()).add(row.key)
        return {frozenset(keys) for keys in partners.values()}

    def _seen(self, rows: list[Row]) -> list[Row]:
        self.looked_at |= {row.key for row in rows}
        return rows

    async def sharing(self, nibs: list[Any], nik_koperasis: list[Any], niks: list[Any]) -> list[Row]:
        return self._seen(
            [r for r in self.rows.values() if r.nib in nibs or r.nik_koperasi in nik_koperasis or r.nik in niks]
        )

    async def bearing(self, names: Collection[Any]) -> list[Row]:
        return await self.of_partners({row.partner for row in self.rows.values() if row.name in names})

    async def of_partners(self, partners: Collection[Any]) -> list[Row]:
        return self._seen([row for row in self.rows.values() if row.partner in partners])

    async def decided(self, rows: Collection[Row]) -> list[DecidedRow]:
        about = {d.decision for d in self.decided_rows for row in rows if _may_be(d, row)}
        return [each for each in self.decided_rows if each.decision in about]

    async def of_decided(self, decided: Collection[DecidedRow]) -> list[Row]:
        return [row for row in self.rows.values() if any(_may_be(each, row) for each in decided)]

    async def any_different(self) -> bool:
        return any(not each.same for each in self.decided_rows)


def _may_be(decided: DecidedRow, row: Row) -> bool:
    pairs = ((getattr(decided, key), getattr(row, key)) for key in ("key", "nib", "nik_koperasi", "name"))
    return any(one is not None and one == other for one, other in pairs)


def row(dice: random.Random, key: UUID, often: float) -> Row:
    """A row over few values, so that rows meet."""

    def some(*values: Any) -> Any:
        return dice.choice(values) if dice.random() < often else None

    first = date(2021, 1, 1) + timedelta(dice.randint(0, 2))
    return Row(
        key=key,
        sequence=0,
        partner=None,
        agency="dinas",
        list=dice.choice(["one", "two", "three", "four"]),
        nib=some(1, 2, 3),
        nik_koperasi=some("a", "b"),
        nik=some(1, 2, 3),
        name=dice.choice("ABC" if often > 0.2 else "ABCDEFGHIJ"),
        region="33.11",
        kind="business",
        first_listed=first,
        last_listed=first + timedelta(dice.choice([0, 0, 1])),
        line=1,
        phone=some("p", "q", "r"),
        email=some("e", "f"),
        owner=some("o", "u"),
    )


def read_at_once(stored: Rows) -> set[frozenset[UUID]]:
    rows = list(stored.rows.values())
    return {frozenset(rows[at].key for at in group) for group in identity_oracle.partners(rows)}


@pytest.mark.parametrize("seed", range(150))
async def test_partners_are_those_of_all_rows_at_once(seed: int) -> None:
    dice, stored = random.Random(seed), Rows()
    keys = [UUID(int=dice.getrandbits(120)) for _ in range(dice.randint(4, 14))]
    often = dice.choice([0.6, 0.3, 0.15])
    for _ in range(14):
        chosen = dice.sample(keys, dice.randint(1, 4))
        removed = [key for key in chosen if key in stored.rows and dice.random() < 0.3]
        await stored.change([row(dice, key, often) for key in chosen if key not in removed], removed)
        assert stored.partition() == read_at_once(stored)


@pytest.mark.parametrize("seed", range(60))
async def test_with_decisions_too_the_order_does_not_matter(seed: int) -> None:
    dice, stored = random.Random(seed), Rows()
    keys = [UUID(int=dice.getrandbits(120)) for _ in range(dice.randint(4, 10))]
    often = dice.choice([0.5, 0.2])
    for step in range(14):
        chosen = dice.sample(keys, dice.randint(1, 3))
        removed = [key for key in chosen if key in stored.rows and dice.random() < 0.2]
        await stored.change([row(dice, key, often) for key in chosen if key not in removed], removed)
        if dice.random() < 0.3 and len(stored.partition()) > 1:
            await decide(
                stored, UUID(int=step), dice.random() < 0.5, dice.sample(sorted(stored.partition(), key=sorted), 2)
            )
        rows = list(stored.rows.values())
        expected = matching.cluster(rows, decisions.among(rows, stored.decided_rows))
        assert stored.partition() == {frozenset(rows[at].key for at in group) for group in expected}


async def decide(stored: Rows, decision: UUID, same: bool, sides: Sequence[frozenset[UUID]]) -> None:
    marks = ("key", "nib", "nik_koperasi", "nik", "name", "phone", "email", "owner")
    decided = [(side, stored.rows[key]) for side, keys in enumerate(sides) for key in sorted(keys)]
    stored.decided_rows += [DecidedRow(decision, same, n, *(getattr(r, mark) for mark in marks)) for n, r in decided]
    await stored.change(await stored.of_decided(stored.decided_rows))


def plain(number: int, **more: Any) -> Row:
    each = row(random.Random(0), UUID(int=number), 0)
    values = {name: getattr(each, name) for name in Row.__struct_fields__}
    return Row(**values | {"name": "A", "list": str(number)} | more)


async def test_the_part_that_was_recorded_first_keeps_the_id() -> None:
    stored = Rows()
    await stored.change([plain(2)])
    (first,) = {each.partner for each in stored.rows.values()}
    await stored.change([plain(1)])
    assert {each.partner for each in stored.rows.values()} == {first}
    await stored.change([plain(3, phone="p"), plain(1, phone="q")])
    assert len(stored.partition()) == 3
    assert stored.rows[UUID(int=2)].partner == first


async def test_what_a_removal_no_longer_joins_becomes_two_and_what_it_kept_apart_one() -> None:
    stored = Rows()
    await stored.change([plain(1, phone="p"), plain(2, phone="p", email="e"), plain(3, email="e", list="1")])
    assert len(stored.partition()) == 1
    await stored.change(removed=[UUID(int=2)])
    assert len(stored.partition()) == 2
    await stored.change(removed=[UUID(int=3)])
    await stored.change([plain(4)])
    assert len(stored.partition()) == 1


async def test_a_change_does_not_look_at_the_names_of_those_who_only_share_its_name() -> None:
    stored = Rows()
    for number in range(1, 40):
        await stored.change(
            [plain(number, list="one", nik=number), plain(100 + number, nik=number, name=f"B{number % 3}")]
        )
    stored.looked_at = set()
    await stored.change([plain(99, list="one")])
    assert len(stored.looked_at) <= 80
