"""How long facts took until they took effect."""

from datetime import UTC, datetime
from typing import Any

from aiokafka import TopicPartition

from shared.bus.delays import Delays, accepted_at
from shared.bus.positions import Step
from tests.unit.shared.records import record_at

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def counted(delays: Delays) -> dict[str, tuple[dict[str, float], float]]:
    return {topic: (dict(buckets), total) for topic, buckets, total in delays.histograms()}


def step(*moves: tuple[int, int, int]) -> Step:
    numbers, before, after = zip(*moves, strict=True)
    fixed: dict[str, Any] = {"epochs": (1,) * len(numbers), "last": ((0, 0),) * len(numbers)}
    return Step(tuple(TopicPartition("facts", each) for each in numbers), before, after, **fixed)


def test_each_record_of_a_partition_counts_as_its_oldest() -> None:
    delays, now = Delays(), NOON.timestamp() + 2
    records = [record_at(0, 5, NOON), record_at(0, 6, NOON), record_at(1, 1, NOON.replace(minute=0, second=1))]
    delays.applied("facts", records, step((0, 5, 7), (1, 1, 2)), now)
    buckets, total = counted(delays)["facts"]
    assert (buckets["0.5"], buckets["1.0"], buckets["2.5"], buckets["+Inf"]) == (0, 1, 3, 3)
    assert total == 5.0


def test_what_took_longer_than_the_last_bound_is_counted_too() -> None:
    delays = Delays()
    delays.applied("facts", [record_at(0, 0, NOON)], step((0, 0, 1)), NOON.timestamp() + 86_400)
    buckets, _ = counted(delays)["facts"]
    assert (buckets["3600.0"], buckets["+Inf"]) == (0, 1)


def test_a_record_without_a_usable_time_is_as_old_as_on_the_log() -> None:
    for text in ("", "yesterday", "0001-01-01T00:00:00"):
        assert accepted_at(record_at(0, 0, NOON, time=text)) == NOON.timestamp()
