"""The bus's Prometheus metrics."""

from datetime import UTC, datetime
from typing import Any, cast

import asyncpg
from aiokafka import TopicPartition
from prometheus_client import generate_latest

from shared.bus.consumer import Consumer, TopicStatus
from shared.bus.delays import Delays
from shared.bus.metrics import watch
from shared.bus.outbox import Relay
from shared.bus.positions import Step
from shared.observability import Metrics
from tests.unit.shared.records import record_at


class FixedStatus(Consumer):
    """A consumer whose topics have the given status."""

    def __init__(self, **topics: TopicStatus) -> None:
        self.fixed = topics
        self.fixed_delays = Delays()

    def topics(self) -> dict[str, TopicStatus]:
        return self.fixed

    @property
    def delays(self) -> Delays:
        return self.fixed_delays


def scrape(consumer: Consumer, relay: Relay | None = None) -> list[str]:
    metrics = Metrics("tiny")
    watch(metrics, *(part for part in (consumer, relay) if part is not None))
    return generate_latest(metrics.registry).decode().splitlines()


def test_every_topic_reports_lag_dead_letters_and_its_last_progress() -> None:
    busy, unread = TopicStatus(7, 2, True, 1_768_000_000.5, 12.5), TopicStatus(None, 0, False, None)
    lines = scrape(FixedStatus(claims=busy, access=unread))
    assert {
        'payung_tiny_consumer_lag_records{topic="claims"} 7.0',
        'payung_tiny_consumer_lag_seconds{topic="claims"} 12.5',
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
    relay.waiting, relay.oldest_at = 3, datetime(2026, 1, 1, tzinfo=UTC)
    assert {
        "payung_tiny_relay_published_events_total 0.0",
        "payung_tiny_relay_set_aside_events 2.0",
        "payung_tiny_relay_waiting_events 3.0",
        "payung_tiny_relay_oldest_event_timestamp_seconds 1.7672256e+09",
        "payung_tiny_relay_halted 0.0",
    } <= {*scrape(FixedStatus(), relay)}
    relay.oldest_at = None
    assert not any("oldest_event" in line and not line.startswith("#") for line in scrape(FixedStatus(), relay))


def test_delays_are_a_histogram_by_records() -> None:
    consumer, noon = FixedStatus(), datetime(2026, 1, 2, 12, tzinfo=UTC)
    move = Step((TopicPartition("facts", 0),), (5,), (9,), (1,), ((8, 0),))
    consumer.delays.applied("facts", [record_at(0, 5, noon)], move, noon.timestamp() + 7)
    assert {
        'payung_tiny_consumer_delay_seconds_bucket{le="5.0",topic="facts"} 0.0',
        'payung_tiny_consumer_delay_seconds_bucket{le="10.0",topic="facts"} 4.0',
        'payung_tiny_consumer_delay_seconds_count{topic="facts"} 4.0',
        'payung_tiny_consumer_delay_seconds_sum{topic="facts"} 28.0',
    } <= {*scrape(consumer)}


def test_a_consumer_before_its_first_batch_has_no_known_lag() -> None:
    consumer = Consumer(cast(Any, None), kafka="localhost:1", group="tiny")
    consumer.on("claims", cast(Any, None))
    assert consumer.topics() == {"claims": TopicStatus(None, 0, False, None)}
