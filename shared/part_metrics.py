"""Whether each part of a service makes progress and may take traffic, for Prometheus; parts' names are the labels."""

from collections.abc import Iterator, Sequence

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from shared.observability import Metrics
from shared.part import Part


def watch_parts(metrics: Metrics, parts: Sequence[Part]) -> None:
    """Add `payung_<service>_part_live` and `…_part_ready`."""
    metrics.registry.register(_Parts(metrics.prefix, parts))


class _Parts(Collector):
    def __init__(self, prefix: str, parts: Sequence[Part]) -> None:
        self._prefix, self._parts = prefix, parts

    def collect(self) -> Iterator[Metric]:
        live = GaugeMetricFamily(self._prefix + "part_live", "1: makes progress", labels=["part"])
        ready = GaugeMetricFamily(self._prefix + "part_ready", "1: may take traffic", labels=["part"])
        for part in self._parts:
            status = part.status()
            live.add_metric([part.name], float(status.live))
            ready.add_metric([part.name], float(status.ready))
        yield from (live, ready)
