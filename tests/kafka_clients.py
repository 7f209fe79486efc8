"""Kafka clients that are closed however a test ends: one that is left open fails whatever test runs later."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from confluent_kafka.admin import AdminClient

from shared.bus.dead_letter_reader import admin_client
from shared.bus.kafka_url import aiokafka_options

open_admin = admin_client
"""A started administration client at this address."""


@asynccontextmanager
async def open_producer(kafka: str, **options: Any) -> AsyncIterator[AIOKafkaProducer]:
    """A started producer at this address."""
    client = AIOKafkaProducer(**aiokafka_options(kafka), **options)
    try:
        await client.start()
        yield client
    finally:
        await client.stop()


@asynccontextmanager
async def open_consumer(kafka: str, *topics: str, **options: Any) -> AsyncIterator[AIOKafkaConsumer]:
    """A started consumer at this address that reads from the beginning, unless told otherwise."""
    client = AIOKafkaConsumer(*topics, **{"auto_offset_reset": "earliest", **aiokafka_options(kafka), **options})
    try:
        await client.start()
        yield client
    finally:
        await client.stop()


def delete_all_topics(kafka: str) -> None:
    """All that anybody made at this address."""
    admin = AdminClient({"bootstrap.servers": kafka})
    names = [name for name in admin.list_topics(timeout=30).topics if not name.startswith("__")]
    for deleted in admin.delete_topics(names, operation_timeout=30).values() if names else ():
        deleted.result(60)
