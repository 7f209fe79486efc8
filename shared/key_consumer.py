"""The consumer of keys: `access` alone, in a group of its own, so that a revocation never waits behind data."""

import asyncpg

from shared.access import on_access
from shared.bus.consumer import Consumer
from shared.bus.principals import KEYS, group_of_keys
from shared.service import ServiceSettings


def key_consumer(pool: asyncpg.Pool, settings: ServiceSettings, service: str) -> Consumer:
    """Keeps the keys in the service's database; `pool` should serve keys alone."""
    group, prefix = group_of_keys(service), settings.topic_prefix
    made = Consumer(pool, kafka=settings.kafka, group=group, prefix=prefix, name="access_consumer")
    made.on(KEYS, on_access)
    return made
