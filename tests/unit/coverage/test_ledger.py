"""The arithmetic of a batch against a plain reckoning of the same moves."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from services.coverage import cells, ledger
from services.coverage.cells import Stay
from services.coverage.ledger import Moves

stays = st.builds(
    lambda cell, start, length, staff: Stay(
        cell, start, cells.NEVER if length is None else start + length, staff, 0, staff, 0
    ),
    st.integers(0, 3).map(lambda n: n << 28),
    st.integers(cells.FIRST_DAY, cells.FIRST_DAY + 9),
    st.none() | st.integers(1, 9),
    st.integers(0, 3),
)
timelines = st.lists(stays, max_size=3).map(lambda found: b"".join(cells._pack(*stay) for stay in found))
moves = st.lists(st.tuples(timelines, timelines, st.integers(1_700_000_000, 1_700_000_003)), max_size=8)


def plainly(found: list[tuple[bytes, bytes, int]]) -> dict[tuple[int, int, int], tuple[int, ...]]:
    sums: dict[tuple[int, int, int], Counter[int]] = {}
    for before, after, second in found:
        for sign, timeline in ((-1, before), (1, after)):
            for stay in cells.stays(timeline):
                for day, turn in ((stay.start, sign), (stay.until, -sign)):
                    if day != cells.NEVER:
                        numbers = (1, *stay[3:])
                        row = sums.setdefault((second, stay.cell, day), Counter())
                        row.update({column: turn * number for column, number in enumerate(numbers)})
    return {key: tuple(row[column] for column in range(5)) for key, row in sums.items() if any(row.values())}


@given(moves)
def test_differences_sum_what_lies_equal_and_drop_what_cancels_out(found: list[tuple[bytes, bytes, int]]) -> None:
    columns = [list(column) for column in zip(*found, strict=True)] or [[], [], []]
    rows = ledger.differences(Moves(*columns))
    told = {tuple(map(int, list(row)[:3])): tuple(map(int, list(row)[3:])) for row in rows}
    assert len(told) == len(rows)
    assert told == plainly(found)
    assert list(told) == sorted(told)


def test_a_binary_copy_is_as_long_as_its_rows() -> None:
    timeline = cells._pack(1 << 28, 0, 10, 1, 0, 1, 0)
    rows = ledger.differences(Moves([b""], [timeline], [1_700_000_000]))
    assert len(ledger.binary_copy(7, rows)) == 19 + 2 * (2 + 9 * 4 + 8 * 3 + 4 * 6) + 2
