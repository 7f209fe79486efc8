"""What the senders did and what keeps them waiting, as Prometheus reads it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from prometheus_client import generate_latest

from services.notifications.sending.metrics import SendingMetrics
from shared.observability import Metrics


@dataclass
class Standing:
    """A sender as far as its numbers go."""

    oldest_due: datetime | None = None
    down: list[str] = field(default_factory=list)


def test_lateness_results_waiting_and_providers_in_trouble() -> None:
    metrics, noon = Metrics("notifications"), datetime(2026, 1, 2, 12, tzinfo=UTC)
    numbers, senders = SendingMetrics(metrics), [Standing(), Standing(noon, ["sms"]), Standing(noon.replace(hour=13))]
    whatever: Any = senders
    numbers.watch(whatever, ["log", "sms"])
    for seconds in (-1.0, 200.0, 400.0):
        numbers.count_delay(seconds)
    numbers.count_result("sms", "delayed")
    assert {
        'payung_notifications_reminder_delay_seconds_bucket{le="300.0"} 2.0',
        "payung_notifications_reminder_delay_seconds_count 3.0",
        'payung_notifications_reminders_total{channel="sms",result="delayed"} 1.0',
        "payung_notifications_oldest_due_timestamp_seconds 1.7673552e+09",
        'payung_notifications_channel_down{channel="log"} 0.0',
        'payung_notifications_channel_down{channel="sms"} 1.0',
    } - set(generate_latest(metrics.registry).decode().splitlines()) == set()
