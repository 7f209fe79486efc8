"""The bus's Prometheus metrics."""

from typing import Any, cast

import asyncpg
from prometheus_client import generate_latest

from shared.bus.consumer import Consumer, TopicStatus
from shared.bus.metrics import watch
from shared.bus.outbox import Relay
from shared.observability import Metrics


class FixedStatus(Consumer):
    """A consumer whose topics have the given status."""

    def __init__(self, **topics: TopicStatus) -> None:
        self.fixed = topics

    def topics(self) -> dict[str, TopicStatus]:
        return self.fixed


def scrape(consumer: Consumer, relay: Relay | None = None) -> list[str]:
    metrics = Metrics("tiny")
    watch(metrics, *(part for part in (consumer, relay) if part is not None))
    return generate_latest(metrics.registry).decode().splitlines()


def test_every_topic_reports_lag_dead_letters_and_its_last_progress() -> None:
    busy, unread = TopicStatus(7, 2, True, 1_768_000_000.5), TopicStatus(None, 0, False, None)
    lines = scrape(FixedStatus(claims=busy, access=unread))
    assert {
        'payung_tiny_consumer_lag_records{topic="claims"} 7.0',
        'payung_tiny_consumer_dead_letters_total{topic="claims"} 2.0',
        'payung_tiny_consumer_dead_letters_total{topic="access"} 0.0',
        'payung_tiny_consumer_halted{topic="claims"} 1.0',
        'payung_tiny_consumer_halted{topic="access"} 0.0',
        'payung_tiny_consumer_last_applied_timestamp_seconds{topic="claims"} 1.7680000005e+09',
    } <= set(lines)
    assert not any(line.startswith('payung_tiny_consumer_lag_records{topic="access"}') for line in lines)


def test_a_relay_reports_how_many_events_it_published_and_set_aside() -> None:
    relay = Relay(cast(asyncpg.Pool, None), kafka="localhost:1", source="tiny")
    relay.set_aside = 2
    assert {"payung_tiny_relay_published_events_total 0.0", "payung_tiny_relay_set_aside_events 2.0"} <= {
        *scrape(FixedStatus(), relay)
    }


def test_a_consumer_before_its_first_batch_has_no_known_lag() -> None:
    consumer = Consumer(cast(Any, None), kafka="localhost:1", group="tiny")
    consumer.on("claims", cast(Any, None))
    assert consumer.topics() == {"claims": TopicStatus(None, 0, False, None)}
