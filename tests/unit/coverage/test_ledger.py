"""The arithmetic of a batch against a plain computation of the same transitions."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from services.coverage import ledger, timelines
from services.coverage.timelines import FIRST_DAY, NEVER, Stay, pack_stay
from tests.unit.coverage.histories import changes

stays = st.builds(
    lambda cell, start, length, staff: Stay(
        cell, start, NEVER if length is None else start + length, staff, 0, staff, 0
    ),
    st.integers(0, 3).map(lambda n: n << 28),
    st.integers(FIRST_DAY, FIRST_DAY + 9),
    st.none() | st.integers(1, 9),
    st.integers(0, 3),
)
encoded = st.lists(stays, max_size=3).map(lambda found: b"".join(pack_stay(*stay) for stay in found))
found_transitions = st.lists(st.tuples(encoded, encoded, st.integers(1_700_000_000, 1_700_000_003)), max_size=8)


def computed_plainly(found: list[tuple[bytes, bytes, int]]) -> dict[tuple[int, int, int], tuple[int, ...]]:
    sums: dict[tuple[int, int, int], Counter[int]] = {}
    for before, after, second in found:
        for sign, timeline in ((-1, before), (1, after)):
            for stay in timelines.stays(timeline):
                for day, turn in ((stay.start, sign), (stay.until, -sign)):
                    if day != NEVER:
                        numbers = (1, *stay[3:])
                        row = sums.setdefault((second, stay.cell, day), Counter())
                        row.update({column: turn * number for column, number in enumerate(numbers)})
    return {key: tuple(row[column] for column in range(5)) for key, row in sums.items() if any(row.values())}


@given(found_transitions)
def test_differences_sum_equal_places_and_drop_what_cancels_out(found: list[tuple[bytes, bytes, int]]) -> None:
    rows = ledger.differences(changes(found))
    by_key = {tuple(map(int, list(row)[:3])): tuple(map(int, list(row)[3:])) for row in rows}
    assert len(by_key) == len(rows)
    assert by_key == computed_plainly(found)
    assert list(by_key) == sorted(by_key)


def test_a_binary_copy_is_as_long_as_its_rows() -> None:
    timeline = pack_stay(1 << 28, 0, 10, 1, 0, 1, 0)
    rows = ledger.differences(changes([(b"", timeline, 1_700_000_000)]))
    assert len(ledger.binary_copy(7, rows)) == 19 + 2 * (2 + 9 * 4 + 8 * 3 + 4 * 6) + 2
