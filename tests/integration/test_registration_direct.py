"""Agencies that write to Kafka themselves: the same rules, told apart by the key in a header."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from tests import stack
from tests.integration.registration_world import World, world
from tests.waiting import eventually

NIB = "0000100000011"


@pytest.fixture
async def here(database: stack.Database, kafka: str, topics: str) -> AsyncIterator[World]:
    async with world(database, kafka, topics) as made:
        await made.agency()
        yield made


def listing(name: str = "Toko Peraga", **more: Any) -> dict[str, Any]:
    data = {"partner": {"nib": NIB}, "name": name, "kind": "business", "region": "33.11", "listed_on": "2021-01-31"}
    return data | more


async def write(here: World, *records: tuple[str, bytes, str | None]) -> None:
    """(event id, value, key of the agency or None) as partner.listed."""
    producer = AIOKafkaProducer(bootstrap_servers=here.kafka)
    await producer.start()
    for given, value, secret in records:
        texts = {"ce_specversion": "1.0", "ce_id": given, "ce_source": "/kafka", "ce_type": "partner.listed"}
        if secret is not None:
            texts["payung-key"] = secret
        headers = [(name, text.encode()) for name, text in texts.items()]
        await producer.send_and_wait(here.prefix + "intake", value, key=b"ref", headers=headers)
    await producer.stop()


async def test_a_record_with_a_good_key_is_taken_once(here: World) -> None:
    value = json.dumps(listing()).encode()
    await write(here, ("k1", value, here.keys["dinas"]), ("k1", value, here.keys["dinas"]))

    async def taken() -> bool:
        return bool(await here.pool.fetchval("select count(*) from evidence"))

    await eventually(taken, 20)
    (fact,) = (await here.newest("partners")).values()
    assert (fact["version"], fact["lists"][0]["agency"]) == (1, "dinas")


async def test_a_record_without_a_good_key_or_without_json_is_a_dead_letter(here: World) -> None:
    good = json.dumps(listing()).encode()
    await write(here, ("a", good, None), ("b", good, "pyk_wrong"), ("c", b"{no json", here.keys["dinas"]))

    async def buried() -> list[str]:
        return [key for key, _, _ in await dead_letters(here)]

    await eventually(buried, 20)
    reasons = sorted(reason.split(":")[0] for _, _, reason in await dead_letters(here))
    assert reasons == ["malformed", "unauthorized", "unauthorized"]
    assert await here.pool.fetchval("select count(*) from evidence") == 0


async def test_what_is_refused_is_kept_in_the_agencys_quarantine(here: World) -> None:
    await write(here, ("x", json.dumps(listing(region="Solo")).encode(), here.keys["dinas"]))

    async def kept() -> bool:
        return bool((await here.get("/v1/quarantine"))["items"])

    await eventually(kept, 20)
    (entry,) = (await here.get("/v1/quarantine"))["items"]
    assert (entry["code"], entry["event"]["id"]) == ("unknown_region", "x")


async def dead_letters(here: World) -> list[tuple[str, str, str]]:
    consumer = AIOKafkaConsumer(bootstrap_servers=here.kafka, auto_offset_reset="earliest")
    await consumer.start()
    try:
        partitions = [TopicPartition(here.prefix + "intake.dlq", number) for number in range(4)]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        found: list[tuple[str, str, str]] = []
        while any([await consumer.position(p) < ends[p] for p in partitions]):
            for batch in (await consumer.getmany(timeout_ms=200)).values():
                for record in batch:
                    headers = {key: value.decode() for key, value in record.headers}
                    found.append((record.key.decode(), headers["ce_type"], headers["payung_reason"]))
        return found
    finally:
        await consumer.stop()
