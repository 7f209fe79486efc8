"""The bus's Prometheus metrics, read from its parts at every scrape; topics are the only labels."""

from collections.abc import Iterator, Mapping, Sequence

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from shared.bus.consumer import Consumer
from shared.bus.outbox import Relay
from shared.observability import Metrics


def watch(metrics: Metrics, *parts: Consumer | Relay) -> None:
    """Add `payung_<service>_consumer_…` and, with a relay, `…_relay_…` to the service's metrics."""
    consumers = [part for part in parts if isinstance(part, Consumer)]
    relays = [part for part in parts if isinstance(part, Relay)]
    metrics.registry.register(_Bus(metrics.prefix, consumers, relays))


class _Bus(Collector):
    def __init__(self, prefix: str, consumers: Sequence[Consumer], relays: Sequence[Relay]) -> None:
        self._prefix = prefix
        self._consumers = consumers
        self._relays = relays

    def collect(self) -> Iterator[Metric]:
        topics = {topic: status for consumer in self._consumers for topic, status in consumer.topics().items()}
        lag = {topic: each.lag for topic, each in topics.items()}
        seconds = {topic: each.lag_seconds for topic, each in topics.items()}
        applied = {topic: each.applied_at for topic, each in topics.items()}
        yield self._gauge("consumer_lag_records", "Records not yet applied", lag)
        yield self._gauge("consumer_lag_seconds", "How long the next record has been waiting to be applied", seconds)
        yield self._gauge("consumer_last_applied_timestamp_seconds", "When a batch last took effect", applied)
        halted = {topic: float(each.halted) for topic, each in topics.items()}
        yield self._gauge("consumer_halted", "1: stands still until somebody decides", halted)
        dead_letters = CounterMetricFamily(
            self._prefix + "consumer_dead_letters", "Records set aside", labels=["topic"]
        )
        for topic, each in topics.items():
            dead_letters.add_metric([topic], each.dead_letters)
        yield dead_letters
        yield self._delays()
        if self._relays:
            yield from self._of_relays()

    def _delays(self) -> Metric:
        text = "From the acceptance of a fact to its effect, by records"
        family = HistogramMetricFamily(self._prefix + "consumer_delay_seconds", text, labels=["topic"])
        for consumer in self._consumers:
            for topic, buckets, total in consumer.delays.histograms():
                family.add_metric([topic], buckets, total)
        return family

    def _of_relays(self) -> Iterator[Metric]:
        published = sum(relay.published for relay in self._relays)
        yield CounterMetricFamily(self._prefix + "relay_published_events", "Events published", value=published)
        aside = sum(relay.set_aside for relay in self._relays)
        yield self._one("relay_set_aside_events", "Events that Kafka refused for good", aside)
        waiting = max(relay.waiting for relay in self._relays)  # each counts all of the outbox
        yield self._one("relay_waiting_events", "Events that are not published yet", waiting)
        halted = float(any(relay.halts for relay in self._relays))
        yield self._one("relay_halted", "1: the whole service stands still, its log is another one", halted)
        oldest = [relay.oldest_at.timestamp() for relay in self._relays if relay.oldest_at is not None]
        text = "When the oldest event was accepted that is not published yet"
        yield self._one("relay_oldest_event_timestamp_seconds", text, min(oldest, default=None))

    def _one(self, name: str, text: str, value: float | None) -> Metric:
        """Without a sample where the value is not known."""
        return GaugeMetricFamily(self._prefix + name, text, value)

    def _gauge(self, name: str, text: str, values: Mapping[str, float | None]) -> Metric:
        """One sample for each topic whose value is known."""
        gauge = GaugeMetricFamily(self._prefix + name, text, labels=["topic"])
        for topic, value in values.items():
            if value is not None:
                gauge.add_metric([topic], value)
        return gauge
