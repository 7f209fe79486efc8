"""What an operator must know of the whole stack, as Prometheus reads it."""

from pathlib import Path
from typing import Any

from prometheus_client import generate_latest

from services.registration.stack_watch import FIRST_AFTER, StackWatch
from shared.bus.dead_letter_reader import Waiting
from shared.observability import Metrics

NONE: Any = None


def test_what_was_seen_is_reported_and_what_is_not_known_has_no_sample(tmp_path: Path) -> None:
    metrics = Metrics("registration")
    watch = StackWatch(NONE, metrics, kafka="localhost:1", disk=tmp_path)

    def samples() -> dict[str, float]:
        lines = generate_latest(metrics.registry).decode().splitlines()
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if line[0] != "#")}

    before = samples()
    assert set(before) == {"payung_registration_disk_size_bytes", "payung_registration_disk_free_bytes"}
    assert 0 < before["payung_registration_disk_free_bytes"] < before["payung_registration_disk_size_bytes"]
    watch.saved_at, watch.dead_letters = 1_768_000_000.0, {"claims": Waiting(3, 1_767_000_000.5)}
    found = samples()
    assert found["payung_registration_last_backup_timestamp_seconds"] == 1_768_000_000
    assert found['payung_registration_dead_letters{topic="claims"}'] == 3
    assert found['payung_registration_oldest_dead_letter_timestamp_seconds{topic="claims"}'] == 1_767_000_000.5


async def test_the_first_look_is_not_in_the_way_of_a_start(tmp_path: Path) -> None:
    watch = StackWatch(NONE, Metrics("registration"), kafka="localhost:1", disk=tmp_path)
    assert await watch.step() == FIRST_AFTER
