"""Agencies that write to Kafka themselves: the same rules, identified by the key in a header."""

import json
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from shared.bus.dead_letter_reader import read_dead_letters
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

    async def in_dead_letters() -> bool:
        return len(await dead_letters(here)) >= 3

    await eventually(in_dead_letters, 20)
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


async def test_erasure_deletes_the_dead_letters_of_the_person_and_no_others(here: World) -> None:
    nik = "3311024908000000"
    sent = await here.send(here.event("partner.listed", listing("Pak Lupakan", partner={"nik": nik})))
    theirs = [
        listing("P. Lupa", partner={"nik": "3311.0249.0800.0000"}),
        listing("PAK LUPAKAN", partner={}, region="Kab. Sukoharjo"),
        listing("Pak Lupakan", partner={"ref": "7"}, region="Entah"),
        {"region": "33.11", "held_on": "2021-01-31", "attendees": [{"nib": NIB}, {"nik": nik}]},
    ]
    others = [listing(), listing("Pak Lupakan"), listing("Pak Lupakan", partner={}, region="33.12"), [nik]]
    too_deep = b'{"partner": {"nik": ' + b"[" * 5000 + b"]" * 5000 + b"}}"
    stay = [*(json.dumps(each).encode() for each in others), too_deep, b"{no json"]
    values = [*(json.dumps(each).encode() for each in theirs), *stay]
    await write(here, *((str(at), value, None) for at, value in enumerate(values)))
    await eventually(partial(in_dead_letters, here, values), 20)
    (partner,) = sent["partners"].values()
    erased = await here.http.delete(f"/v1/partners/{partner}", headers=here.bearer("dinas"))
    assert erased.status_code == 204
    await eventually(partial(in_dead_letters, here, stay), 20)
    assert await here.pool.fetchval("select count(*) from dead_letters_to_erase") == 0


async def in_dead_letters(here: World, values: list[bytes]) -> bool:
    letters = await read_dead_letters(here.kafka, prefix=here.prefix, topic="intake")
    return sorted(letter.record.value for letter in letters) == sorted(values)


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
