"""How far a consumer is behind, in records and in seconds."""

from aiokafka import TopicPartition

from shared.bus.lag import MOST_ENDS, Lag
from shared.bus.positions import Position, Positions

ONE, TWO = TopicPartition("facts", 0), TopicPartition("facts", 1)


def lag_at(*offsets: int) -> tuple[Lag, Positions]:
    positions = Positions({tp: Position(offset, 1) for tp, offset in zip((ONE, TWO), offsets, strict=False)})
    return Lag(positions), positions


def test_before_the_first_measurement_nothing_is_known() -> None:
    lag, _ = lag_at(5)
    assert (lag.records(), lag.seconds(now=1.0)) == (None, None)


def test_a_record_waits_from_the_measurement_that_first_saw_it() -> None:
    lag, positions = lag_at(5, 0)
    lag.note({ONE: 5, TWO: 0}, 100.0)
    assert (lag.records("facts"), lag.seconds("facts", 101.0)) == (0, 0.0)
    lag.note({ONE: 8, TWO: 0}, 110.0)
    lag.note({ONE: 9, TWO: 4}, 120.0)
    assert (lag.records(), lag.seconds(now=130.0)) == (8, 20.0)
    positions[ONE].next_offset = 8  # what came first is applied: the oldest that waits was seen at 120
    assert (lag.records(), lag.seconds(now=130.0)) == (5, 10.0)
    lag.note({ONE: 9, TWO: 4}, 140.0)
    positions[ONE].next_offset, positions[TWO].next_offset = 9, 4
    assert (lag.records(), lag.seconds(now=150.0)) == (0, 0.0)


def test_a_consumer_that_stands_still_is_behind_by_all_the_time_since() -> None:
    lag, _ = lag_at(5)
    for second in range(3 * MOST_ENDS):
        lag.note({ONE: 6 + second}, float(second))
        assert lag.seconds(now=float(second)) == float(second)


def test_what_is_no_longer_ours_does_not_count() -> None:
    lag, positions = lag_at(5, 0)
    lag.note({ONE: 8, TWO: 4}, 1.0)
    positions.revoke([TWO])
    assert (lag.records(), lag.records("others"), lag.seconds(now=3.0)) == (3, None, 2.0)
