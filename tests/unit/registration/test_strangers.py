"""Which new rows need no groups: those that share nothing by which rows are joined, compared with every other row."""

from datetime import date
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.registration.identity import strangers
from services.registration.identity.profile import Row

DAY = date(2026, 1, 2)
NUMBERS = st.none() | st.integers(1, 6)


@st.composite
def rows(draw: st.DrawFn) -> Row:
    return Row(
        key=UUID(int=draw(st.integers(1, 1 << 60))),
        sequence=0,
        partner=draw(st.sampled_from((None, None, UUID(int=1)))),
        agency="dinas",
        list="one",
        nib=draw(NUMBERS),
        nik_koperasi=draw(NUMBERS.map(lambda number: number and f"k{number}")),
        nik=draw(NUMBERS.map(lambda number: number and UUID(int=number))),
        name=UUID(int=draw(st.integers(1, 9))),
        region="33.11",
        kind="business",
        first_listed=DAY,
        last_listed=DAY,
        line=1,
    )


def meet(one: Row, other: Row) -> bool:
    pairs: list[tuple[Any, Any]] = [(getattr(one, name), getattr(other, name)) for name in strangers.JOINING]
    return any(a is not None and a == b for a, b in pairs)


@given(st.lists(rows(), max_size=8, unique_by=lambda row: row.key), st.lists(rows(), max_size=4))
def test_a_stranger_is_new_and_shares_nothing_with_any_other_row(changed: list[Row], known: list[Row]) -> None:
    alone, rest = strangers.split(changed, known)
    expected = [
        row
        for row in changed
        if row.partner is None
        and not any(meet(row, other) for other in (*changed, *known) if other is not row)
        and row.key not in {each.key for each in known}
    ]
    assert alone == expected
    assert rest == [row for row in changed if row not in expected]
