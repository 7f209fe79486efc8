"""How often a caller may come: a sliding minute, never more than its limit within any of them."""

from hypothesis import given
from hypothesis import strategies as st

from shared.rates import WINDOW, Rates


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000 * float(WINDOW)

    def __call__(self) -> float:
        return self.now


def test_uses_are_counted_down_and_refused_beyond_the_limit() -> None:
    rates = Rates(Clock())
    assert [rates.use("a", 2)[1:3] for _ in range(3)] == [(True, 1), (True, 0), (False, 0)]
    assert rates.use("b", 2).is_within


def test_the_share_of_the_minute_before_is_counted_that_the_sliding_one_covers() -> None:
    clock = Clock()
    rates = Rates(clock)
    for _ in range(60):
        assert rates.use("a", 60).is_within
    clock.now += WINDOW
    refused = rates.use("a", 60)
    assert (refused.is_within, refused.reset) == (False, 1)
    clock.now += WINDOW / 2
    assert [rates.use("a", 60).is_within for _ in range(31)] == [True] * 30 + [False]
    clock.now += 2 * WINDOW
    assert rates.use("a", 60).remaining == 59


@given(st.lists(st.floats(0, 30), max_size=80), st.integers(1, 20))
def test_waiting_as_long_as_told_is_enough(pauses: list[float], limit: int) -> None:
    clock = Clock()
    rates = Rates(clock)
    for pause in pauses:
        clock.now += pause
        rate = rates.use("a", limit)
        assert 0 <= rate.remaining < limit or not rate.is_within
        if not rate.is_within:
            clock.now += rate.reset + 1
            assert rates.use("a", limit).is_within


def test_whoever_stays_away_is_forgotten() -> None:
    clock = Clock()
    rates = Rates(clock)
    for caller in range(100):
        rates.use(str(caller), 1)
    clock.now += 2 * WINDOW
    rates.use("a", 1)
    assert len(rates._present) + len(rates._before) == 1
