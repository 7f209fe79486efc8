"""Who leaves a cell, and for which one, against a plain computation of the same transitions."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from services.coverage import losses, timelines
from services.coverage.timelines import FIRST_DAY, NEVER, pack_stay
from tests.unit.coverage.histories import changes


@st.composite
def encoded(draw: st.DrawFn) -> bytes:
    """Stays in order and disjoint; some begin where the one before ends."""
    day, timeline = FIRST_DAY, b""
    for cell, gap, length in draw(
        st.lists(st.tuples(st.sampled_from([1 << 28, 2 << 28]), st.integers(0, 1), st.integers(0, 3)), max_size=4)
    ):
        until = day + gap + length if length else NEVER
        timeline += pack_stay(cell, day + gap, until, 1, 0, 1, 0)
        if until == NEVER:
            break
        day = until
    return timeline


def computed_plainly(found: list[tuple[bytes, bytes, int]]) -> dict[tuple[int, int, int, int], int]:
    sums: Counter[tuple[int, int, int, int]] = Counter()
    for before, after, second in found:
        for sign, timeline in ((-1, before), (1, after)):
            stays = list(timelines.stays(timeline))
            starts = {stay.start: stay.cell for stay in stays}
            for stay in stays:
                following = starts.get(stay.until, 0)
                if stay.until != NEVER and following != stay.cell:
                    sums[second, stay.until, stay.cell, following] += sign
    return {key: count for key, count in sums.items() if count}


@given(st.lists(st.tuples(encoded(), encoded(), st.integers(1_700_000_000, 1_700_000_002)), max_size=8))
def test_each_end_of_a_stay_counts_once_with_what_follows(found: list[tuple[bytes, bytes, int]]) -> None:
    rows = losses.differences(changes(found))
    by_key = {tuple(map(int, list(row)[:4])): int(row[4]) for row in rows}
    assert len(by_key) == len(rows)
    assert by_key == computed_plainly(found)
    assert list(by_key) == sorted(by_key, key=lambda key: (key[1], key[0], *key[2:]))
    assert len(losses.binary_copy(rows)) == 19 + len(rows) * (2 + 5 * 4 + 8 * 3 + 4 * 2) + 2
