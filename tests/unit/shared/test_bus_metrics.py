"""What a monitor reads of the bus."""

from typing import Any, cast

import asyncpg
from prometheus_client import generate_latest

from shared.bus.consumer import Consumer, Standing
from shared.bus.metrics import watch
from shared.bus.outbox import Relay
from shared.observability import Metrics


class Standings(Consumer):
    """A consumer that stands where the test says."""

    def __init__(self, **standings: Standing) -> None:
        self.standings = standings

    def topics(self) -> dict[str, Standing]:
        return self.standings


def told(consumer: Consumer, relay: Relay | None = None) -> list[str]:
    metrics = Metrics("tiny")
    watch(metrics, consumer, relay)
    return generate_latest(metrics.registry).decode().splitlines()


def test_every_topic_tells_lag_dead_letters_and_when_it_last_moved() -> None:
    lines = told(Standings(claims=Standing(7, 2, True, 1_768_000_000.5), access=Standing(None, 0, False, None)))
    assert {
        'payung_tiny_consumer_lag_records{topic="claims"} 7.0',
        'payung_tiny_consumer_dead_letters_total{topic="claims"} 2.0',
        'payung_tiny_consumer_dead_letters_total{topic="access"} 0.0',
        'payung_tiny_consumer_halted{topic="claims"} 1.0',
        'payung_tiny_consumer_halted{topic="access"} 0.0',
        'payung_tiny_consumer_last_applied_timestamp_seconds{topic="claims"} 1.7680000005e+09',
    } <= set(lines)
    assert not any(line.startswith('payung_tiny_consumer_lag_records{topic="access"}') for line in lines)


def test_a_relay_tells_what_it_published() -> None:
    relay = Relay(cast(asyncpg.Pool, None), kafka="localhost:1", source="tiny")
    assert "payung_tiny_relay_published_events_total 0.0" in told(Standings(), relay)


def test_a_consumer_before_its_first_batch_knows_no_lag() -> None:
    consumer = Consumer(cast(Any, None), kafka="localhost:1", group="tiny")
    consumer.on("claims", cast(Any, None))
    assert consumer.topics() == {"claims": Standing(None, 0, False, None)}
