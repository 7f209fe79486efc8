"""How many requests a minute are let through."""

from hypothesis import given
from hypothesis import strategies as st

from shared import request_rate
from shared.request_rate import RequestRate


class Clock:
    def __init__(self) -> None:
        self.now = 600.0

    def __call__(self) -> float:
        return self.now


def admitted(rate: RequestRate, name: str, tries: int) -> int:
    return sum(rate.admits(name) for _ in range(tries))


def test_each_name_has_its_own_limit_and_gets_more_as_the_minute_before_is_left_behind() -> None:
    clock = Clock()
    rate = RequestRate(30, clock)
    assert (admitted(rate, "a", 40), admitted(rate, "b", 40)) == (30, 30)
    clock.now += 60
    assert admitted(rate, "a", 40) == 0, "all of the last sixty seconds were used"
    clock.now += 30
    assert admitted(rate, "a", 40) == 15
    clock.now += 120
    assert admitted(rate, "a", 40) == 30


@given(st.lists(st.floats(0, 45), max_size=60))
def test_never_more_than_twice_the_limit_in_sixty_seconds(pauses: list[float]) -> None:
    clock, passed = Clock(), []
    rate = RequestRate(5, clock)
    for pause in pauses:
        clock.now += pause
        passed += [clock.now] * admitted(rate, "a", 3)
    assert all(sum(at <= other < at + 60 for other in passed) <= 10 for at in passed)


def test_what_is_counted_stays_small_however_many_come(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(request_rate, "MOST_NAMES", 100)
    clock = Clock()
    rate = RequestRate(2, clock)
    for number in range(1_000):
        assert rate.admits(str(number))
        assert len(rate._counts) <= 100
