"""Who need not be quick takes in one transaction what comes singly; a full batch is followed at once by the next."""

from typing import Any, cast

import pytest
from aiokafka import ConsumerRecord

from shared.bus.consumer import Consumer


@pytest.mark.parametrize(("records", "rests"), [(0, [3.0]), (9, [3.0]), (10, []), (100, [])])
async def test_a_rest_follows_a_batch_of_few(monkeypatch: pytest.MonkeyPatch, records: int, rests: list[float]) -> None:
    consumer = Consumer(cast(Any, None), kafka="x:1", group="g", max_records=100, pause=3.0)
    rested: list[float] = []

    async def stopped_within(seconds: float) -> bool:
        rested.append(seconds)
        return False

    async def taken(*_: Any) -> None:
        return

    monkeypatch.setattr(consumer, "stopped_within", stopped_within)
    monkeypatch.setattr(consumer, "_apply", taken)
    monkeypatch.setattr("shared.bus.consumer.partition_runs", lambda _: [])
    await consumer._receive([cast(Any, None)] * records)
    assert rested == rests


async def test_of_what_is_read_together_topics_ahead_are_applied_first(monkeypatch):
    consumer, applied = Consumer(cast(Any, None), kafka="x:1", group="g", prefix="p."), []

    async def apply(topic, runs):
        applied.append((topic, [record.offset for _, run in runs for record in run]))

    monkeypatch.setattr(consumer, "_apply", apply)
    for topic in ("partners", "enrollments"):
        consumer.on(topic, cast(Any, None))
    consumer.on("contacts", cast(Any, None), ahead=True)
    read = [("partners", 4), ("contacts", 7), ("enrollments", 1), ("contacts", 8)]
    await consumer._receive([ConsumerRecord(f"p.{t}", 0, at, 0, 0, b"k", b"{}", None, 1, 2, ()) for t, at in read])
    assert applied == [("p.contacts", [7, 8]), ("p.partners", [4]), ("p.enrollments", [1])]
