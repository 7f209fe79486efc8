"""The metrics that each service registers, by the services' own wiring: nothing runs, nothing is asked."""

from base64 import b64encode
from collections.abc import Iterator
from functools import cache
from typing import Any, cast

from prometheus_client import CollectorRegistry
from prometheus_client.metrics import MetricWrapperBase

import services.coverage.app
import services.coverage.settings
import services.notifications.app
import services.notifications.settings
import services.registration.app
import services.registration.settings
from shared.observability import Metrics

NONE: Any = None
SECRET = b64encode(bytes(32)).decode()
COMMON: dict[str, Any] = {"database": "-", "kafka": "localhost:1", "port": 1, "admin_key": "-"}
SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "gauge": ("",)}


@cache
def registered_metrics() -> dict[str, frozenset[str]]:
    """Name of a sample → its labels, for all three services: `payung_coverage_consumer_lag_seconds` → {topic}."""
    return dict(pair for registry in _registries() for pair in _samples(registry))


def _registries() -> Iterator[CollectorRegistry]:
    found: list[CollectorRegistry] = []
    original = Metrics.__init__

    def noting(self: Metrics, service: str) -> None:
        original(self, service)
        found.append(self.registry)

    Metrics.__init__ = noting  # type: ignore[method-assign]
    try:
        services.registration.app.build(
            services.registration.settings.Settings(**COMMON, secret=SECRET), NONE, NONE, NONE
        )
        services.coverage.app.build(services.coverage.settings.Settings(**COMMON), NONE, NONE)
        settings = services.notifications.settings.Settings(**COMMON, secret=cast(Any, SECRET))
        services.notifications.app.web(settings, services.notifications.app.build(settings, NONE))
    finally:
        Metrics.__init__ = original  # type: ignore[method-assign]
    yield from found


def _samples(registry: CollectorRegistry) -> Iterator[tuple[str, frozenset[str]]]:
    for collector in list(registry._collector_to_names):
        if isinstance(collector, MetricWrapperBase):
            yield from _of_family(collector._name, collector._type, collector._labelnames)
        else:
            for family in collector.collect():
                yield from _of_family(family.name, family.type, getattr(family, "_labelnames", ()))


def _of_family(name: str, kind: str, labels: Any) -> Iterator[tuple[str, frozenset[str]]]:
    for suffix in SUFFIXES[kind]:
        own = {"le"} if suffix == "_bucket" else set()
        yield name + suffix, frozenset({*labels} | own)
