"""What the senders did and what keeps them waiting, for Prometheus; channels are the only labels."""

from collections.abc import Iterator, Sequence
from typing import Final

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from services.notifications.sending.sender import Sender
from shared.observability import Metrics

ON_TIME: Final = 300.0
"""Seconds after which a reminder is late."""

BOUNDS: Final = (1.0, 10.0, 60.0, ON_TIME, 900.0, 3600.0, 86_400.0)


class SendingMetrics:
    """The numbers of all senders together; `watch` them once they are made."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._results = metrics.counter("reminders", "Messages by channel and result", ("channel", "result"))
        text = "From the time that a partner is due until a sender takes it"
        self._delay = metrics.histogram("reminder_delay_seconds", text, buckets=BOUNDS)

    def count_result(self, channel: str, result: str) -> None:
        self._results.labels(channel, result).inc()

    def count_delay(self, seconds: float) -> None:
        self._delay.observe(max(0.0, seconds))

    def watch(self, senders: Sequence[Sender], channels: Sequence[str]) -> None:
        self._metrics.registry.register(_Waiting(self._metrics.prefix, senders, channels))


class _Waiting(Collector):
    def __init__(self, prefix: str, senders: Sequence[Sender], channels: Sequence[str]) -> None:
        self._prefix, self._senders, self._channels = prefix, senders, channels

    def collect(self) -> Iterator[Metric]:
        oldest = [each.oldest_due.timestamp() for each in self._senders if each.oldest_due is not None]
        text = "Since when the partner is due that waits longest for a message that may leave"
        yield GaugeMetricFamily(self._prefix + "oldest_due_timestamp_seconds", text, min(oldest, default=None))
        down = GaugeMetricFamily(self._prefix + "channel_down", "1: its provider is in trouble", labels=["channel"])
        for channel in self._channels:
            down.add_metric([channel], float(any(channel in each.down for each in self._senders)))
        yield down
