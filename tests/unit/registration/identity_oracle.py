"""The rules of who is one partner, written a second time from their text alone: sets, all pairs, no counting."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations

from hypothesis import strategies as st

FIRST_DAY = date(2021, 1, 1)


@dataclass(frozen=True)
class Row:
    nib: int | None = None
    nik_koperasi: str | None = None
    nik: int | None = None
    name: str | None = "A"
    phone: str | None = None
    email: str | None = None
    owner: str | None = None
    agency: str | None = "dinas"
    list: str | None = None
    first_listed: date = FIRST_DAY
    last_listed: date = FIRST_DAY
    key: str | None = None


Partner = frozenset[int]
"""Positions of rows."""


def partners(rows: Sequence[Row]) -> set[Partner]:
    everything = [frozenset((at,)) for at in range(len(rows))]
    one = [pair for key in ("nib", "nik_koperasi") for pair in _pairs_sharing(rows, everything, key)]
    groups = united(everything, one)
    two = []
    for nik in {row.nik for row in rows} - {None}:
        holding = [group for group in groups if nik in held(rows, group, "nik")]
        if len([group for group in holding if held(rows, group, "nib")]) <= 1:
            two += combinations(holding, 2)
    groups = united(groups, two)
    three = []
    for name in {row.name for row in rows}:
        bearing = [group for group in groups if name in held(rows, group, "name")]
        three += _joined_by_name(rows, bearing)
    return set(united(groups, three))


def _joined_by_name(rows: Sequence[Row], bearing: list[Partner]) -> list[tuple[Partner, Partner]]:
    shared = [p for key in ("phone", "email", "owner", "nik") for p in _pairs_sharing(rows, bearing, key)]
    joins: list[tuple[Partner, Partner]] = []
    parts: list[Partner] = []
    for whole in united(bearing, shared):
        members = [group for group in bearing if group <= whole]
        if fits(rows, whole):
            joins += combinations(members, 2)
            parts.append(whole)
        else:
            parts += members
    together = frozenset(at for group in bearing for at in group)
    if fits(rows, together) and not any(speak_against(rows, a, b) for a, b in combinations(parts, 2)):
        joins += combinations(bearing, 2)
    return joins


def fits(rows: Sequence[Row], group: Partner) -> bool:
    return all(len(held(rows, group, key)) <= 1 for key in ("nib", "nik", "nik_koperasi"))


def speak_against(rows: Sequence[Row], one: Partner, other: Partner) -> bool:
    def at_the_same_time(a: Row, b: Row) -> bool:
        same = a.list is not None and (a.agency, a.list) == (b.agency, b.list)
        return same and bool(days(a) & days(b))

    def disagree(key: str) -> bool:
        mine, theirs = held(rows, one, key), held(rows, other, key)
        return bool(mine) and bool(theirs) and not mine & theirs

    return any(at_the_same_time(rows[a], rows[b]) for a in one for b in other) or any(
        disagree(key) for key in ("phone", "email", "owner")
    )


def days(row: Row) -> set[date]:
    return {row.first_listed + timedelta(n) for n in range((row.last_listed - row.first_listed).days + 1)}


def held(rows: Sequence[Row], group: Iterable[int], key: str) -> set[object]:
    return {getattr(rows[at], key) for at in group} - {None}


def _pairs_sharing(rows: Sequence[Row], groups: Sequence[Partner], key: str) -> list[tuple[Partner, Partner]]:
    return [(a, b) for a, b in combinations(groups, 2) if held(rows, a, key) & held(rows, b, key)]


def united(groups: Sequence[Partner], pairs: Iterable[tuple[Partner, Partner]]) -> list[Partner]:
    """The groups, those of a pair and of pairs that meet as one."""
    found = list(groups)
    for a, b in pairs:
        mine = next(group for group in found if a <= group)
        theirs = next(group for group in found if b <= group)
        if mine is not theirs:
            found = [group for group in found if group is not mine and group is not theirs] + [mine | theirs]
    return found


def _stays(build: Callable[..., Row]) -> st.SearchStrategy[Row]:
    first = st.integers(0, 3)
    return st.builds(
        lambda row, day, more: Row(
            **{k: getattr(row, k) for k in Row.__dataclass_fields__ if "listed" not in k},
            first_listed=FIRST_DAY + timedelta(day),
            last_listed=FIRST_DAY + timedelta(day + more),
        ),
        build(),
        first,
        st.sampled_from([0, 0, 1, 2]),
    )


def rows_of(*, often: float = 0.5, size: int = 10) -> st.SearchStrategy[list[Row]]:
    """Rows over few values, so that they meet; `often` says how often a row has a contact or number."""

    def some(*values: object) -> st.SearchStrategy[object]:
        return st.sampled_from([None] * max(1, round(len(values) * (1 - often) / often)) + list(values))

    def build() -> st.SearchStrategy[Row]:
        return st.builds(
            Row,
            nib=some(1, 2),
            nik_koperasi=some("a", "b"),
            nik=some(1, 2, 3),
            name=st.sampled_from("AB"),
            phone=some("p", "q"),
            email=some("e", "f"),
            owner=some("o", "u"),
            list=st.sampled_from([None, "one", "two", "three"]),
        )

    return st.lists(_stays(build), max_size=size)


ROWS = st.one_of(rows_of(often=0.6), rows_of(often=0.3), rows_of(often=0.12))
