"""Agencies that write to Kafka themselves: the same rules as over HTTP, each agency on its own topic."""

import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaConnectionError, TopicAuthorizationFailedError, UnknownTopicOrPartitionError

from services.registration.intake_eraser import IntakeEraser
from shared.bus.access_control import admit_services
from shared.bus.dead_letter_reader import read_dead_letters, reader
from shared.bus.kafka_url import KafkaUrl, kafka_url
from tests import stack
from tests.integration.registration_world import ADMIN, World, world
from tests.kafka_clients import open_producer
from tests.waiting import eventually

NIB = "0000100000011"


@pytest.fixture(scope="module")
async def closed(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[stack.Broker]:
    broker = await stack.start_closed_broker(tmp_path_factory.mktemp("closed"))
    yield broker
    broker.stop()


@pytest.fixture
async def here(database: stack.Database, closed: stack.Broker, topics: str) -> AsyncIterator[World]:
    await admit_services(closed.address, closed.passwords, prefix=topics, partitions=4)
    async with world(database, closed.as_user("registration"), topics, reader=closed.address) as made:
        await made.agency()
        yield made


def listing(name: str = "Toko Peraga", **more: Any) -> dict[str, Any]:
    data = {"partner": {"nib": NIB}, "name": name, "kind": "business", "region": "33.11", "listed_on": "2021-01-31"}
    return data | more


def encoded(data: Any) -> bytes:
    return json.dumps(data).encode()


def binary(
    given: str, value: bytes, event_type: str = "partner.listed", source: str = "/kafka"
) -> tuple[bytes, list[tuple[str, bytes]]]:
    texts = {"ce_specversion": "1.0", "ce_id": given, "ce_source": source, "ce_type": event_type}
    return value, [(name, text.encode()) for name, text in texts.items()]


def structured(here: World, data: Any) -> tuple[bytes, list[tuple[str, bytes]]]:
    event = here.event("partner.listed", data, source="/kafka")
    return encoded(event), [("content-type", b"application/cloudevents+json; charset=utf-8")]


async def access(here: World, agency: str = "dinas") -> dict[str, Any]:
    """What the administrator is shown when a key with access to Kafka is issued."""
    bearer = {"authorization": f"Bearer {ADMIN}"}
    answer = await here.http.post(f"/v1/agencies/{agency}/keys", json={"kafka": True}, headers=bearer)
    assert answer.status_code == 201, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


async def revoke(here: World, key_id: str, agency: str = "dinas") -> int:
    bearer = {"authorization": f"Bearer {ADMIN}"}
    return (await here.http.delete(f"/v1/agencies/{agency}/keys/{key_id}", headers=bearer)).status_code


def producer(here: World, kafka: dict[str, str]) -> AbstractAsyncContextManager[AIOKafkaProducer]:
    """A producer with an agency's own user."""
    (server,) = KafkaUrl.parse(here.kafka).servers
    return open_producer(kafka_url(server, kafka["user"], kafka["password"]), request_timeout_ms=5_000)


async def is_cut_off(here: World, kafka: dict[str, str]) -> None:
    with pytest.raises(KafkaConnectionError):
        async with producer(here, kafka):
            pass


async def write(here: World, kafka: dict[str, str], *records: tuple[bytes, list[tuple[str, bytes]]]) -> None:
    async with producer(here, kafka) as made:
        for value, headers in records:
            await made.send_and_wait(kafka["topic"], value, key=b"ref", headers=headers)


async def count(here: World, table: str) -> int:
    number: int = await here.pool.fetchval(f"select count(*) from {table}")
    return number


async def has_rows(here: World, table: str, number: int) -> bool:
    return await count(here, table) == number


async def test_records_in_either_mode_are_taken_once(here: World) -> None:
    kafka = (await access(here))["kafka"]
    assert kafka["topic"] == here.prefix + "intake.dinas"
    other = structured(here, listing("Toko Lain", partner={"nib": "0000100000028"}))
    await write(here, kafka, binary("k1", encoded(listing())), binary("k1", encoded(listing())), other)
    await eventually(partial(has_rows, here, "evidence", 2), 20)
    facts = list((await here.newest("partners")).values())
    assert [(fact["version"], fact["lists"][0]["agency"]) for fact in facts] == [(1, "dinas")] * 2


async def test_what_is_refused_is_kept_in_the_agencys_quarantine(here: World) -> None:
    await here.agency("lister", scopes=("publish",))
    kafka = (await access(here, "lister"))["kafka"]
    lapse = {"participant_no": "1", "effective_on": "2021-01-31"}
    await write(
        here,
        kafka,
        binary("x", encoded(listing(region="Solo"))),
        binary("y", encoded(lapse), "enrollment.lapsed"),
        structured(here, listing("Toko Lain", region="Entah")),
    )
    await eventually(partial(has_rows, here, "quarantine", 3), 20)
    items = (await here.get("/v1/quarantine", agency="lister"))["items"]
    assert sorted(item["code"] for item in items) == ["forbidden_type", "unknown_region", "unknown_region"]
    assert (await here.get("/v1/quarantine"))["items"] == []


async def test_garbage_of_one_agency_halts_neither_its_topic_nor_that_of_others(here: World) -> None:
    await here.agency("other")
    kafka, others = (await access(here))["kafka"], (await access(here, "other"))["kafka"]
    await write(here, kafka, *((b"{no json", []) for _ in range(300)), binary("good", encoded(listing())))
    theirs = encoded(listing("Toko Lain", partner={"nib": "0000100000028"}))
    await write(here, others, binary("other", theirs, source="/other"))
    await eventually(partial(has_rows, here, "evidence", 2), 30)
    letters = await read_dead_letters(here.reader, prefix=here.prefix, topic="intake.dinas")
    assert {letter.code for letter in letters} == {"malformed"}
    assert len(letters) == 300
    health = await here.http.get("/readyz")
    assert health.json()["parts"]["consumer"]["halted"] == {}


async def test_the_topic_that_agencies_shared_once_is_refused_without_keeping_its_keys(here: World) -> None:
    value, headers = binary("old", encoded(listing()))
    async with open_producer(here.reader) as made:
        for _ in range(250):
            await made.send_and_wait(here.prefix + "intake", value, headers=[*headers, ("payung-key", b"pyk_secret")])

    async def are_dead() -> bool:
        return len(await read_dead_letters(here.reader, prefix=here.prefix, topic="intake")) == 250

    await eventually(are_dead, 20)
    letters = await read_dead_letters(here.reader, prefix=here.prefix, topic="intake")
    assert {letter.code for letter in letters} == {"unauthorized"}
    assert all("payung-key" not in dict(letter.record.headers) for letter in letters)
    assert await count(here, "evidence") == 0


async def test_once_a_revocation_is_answered_open_and_new_connections_are_cut_off(here: World) -> None:
    issued = await access(here)
    kafka = issued["kafka"]
    await write(here, kafka, binary("before", encoded(listing())))
    async with producer(here, kafka) as connected:
        assert await revoke(here, issued["key_id"]) == 204
        with pytest.raises((TopicAuthorizationFailedError, UnknownTopicOrPartitionError)):  # it may not even see it
            await connected.send_and_wait(kafka["topic"], b"{}")
    await is_cut_off(here, kafka)
    assert await revoke(here, issued["key_id"]) == 404


async def test_a_new_key_takes_the_place_of_the_one_before(here: World) -> None:
    first, second = await access(here), await access(here)
    await is_cut_off(here, first["kafka"])
    assert await revoke(here, first["key_id"]) == 204
    await write(here, second["kafka"], binary("k", encoded(listing())))
    await eventually(partial(has_rows, here, "evidence", 1), 20)


async def test_a_kafka_that_is_open_gives_no_access(database: stack.Database, kafka: str, topics: str) -> None:
    async with world(database, kafka, topics) as made:
        await made.agency()
        bearer = {"authorization": f"Bearer {ADMIN}"}
        answer = await made.http.post("/v1/agencies/dinas/keys", json={"kafka": True}, headers=bearer)
        assert (answer.status_code, answer.json()["field"]) == (422, "kafka")


async def test_erasure_deletes_the_dead_letters_of_the_person_and_no_others(here: World) -> None:
    kafka = (await access(here))["kafka"]
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
    stay = [*map(encoded, others), too_deep, b"{no json"]
    values = [*map(encoded, theirs), *stay]
    await write(here, kafka, *((value, []) for value in values))
    await eventually(partial(are_dead_letters, here, values), 20)
    (partner,) = sent["partners"].values()
    erased = await here.http.delete(f"/v1/partners/{partner}", headers=here.bearer("dinas"))
    assert erased.status_code == 204
    await eventually(partial(are_dead_letters, here, stay), 20)


async def are_dead_letters(here: World, values: list[bytes]) -> bool:
    letters = await read_dead_letters(here.reader, prefix=here.prefix, topic="intake*")
    return sorted(letter.record.value for letter in letters) == sorted(values)


async def first_offset(here: World, topic: str) -> int:
    """Where the only partition of a topic begins: records before were deleted."""
    async with reader(here.reader) as client:
        partition = TopicPartition(topic, 0)
        return int((await client.beginning_offsets([partition]))[partition])


async def test_names_of_headers_are_taken_in_any_case(here: World) -> None:
    kafka = (await access(here))["kafka"]
    value, headers = binary("k1", encoded(listing()))
    event, _ = structured(here, listing("Toko Lain", partner={"nib": "0000100000028"}))
    loud = [(name.upper(), text) for name, text in headers]
    await write(here, kafka, (value, loud), (event, [("Content-Type", b"application/CloudEvents+JSON")]))
    await eventually(partial(has_rows, here, "evidence", 2), 20)


async def test_an_erasure_deletes_what_agencies_wrote_until_then(here: World) -> None:
    kafka = (await access(here))["kafka"]
    await write(here, kafka, binary("k1", encoded(listing())), binary("k2", encoded(listing(region="Solo"))))
    await eventually(partial(has_rows, here, "quarantine", 1), 20)
    assert await first_offset(here, kafka["topic"]) == 0
    (partner,) = await here.newest("partners")
    assert (await here.http.delete(f"/v1/partners/{partner}", headers=here.bearer("dinas"))).status_code == 204

    async def all_deleted() -> bool:
        return await first_offset(here, kafka["topic"]) == 2

    await eventually(all_deleted, 20, every=0.2)
    await eventually(partial(has_rows, here, "intake_deletion", 0), 10)
    await write(here, kafka, structured(here, listing("Toko Lain", partner={"nib": "0000100000028"})))
    await eventually(partial(has_rows, here, "evidence", 1), 20)
    assert await first_offset(here, kafka["topic"]) == 2


async def test_nothing_is_deleted_before_it_is_consumed_and_no_erasure_is_lost(here: World) -> None:
    kafka = (await access(here))["kafka"]
    await write(here, kafka, binary("k1", encoded(listing())))
    await eventually(partial(has_rows, here, "evidence", 1), 20)
    await here.pool.execute("insert into intake_deletion values ('intake.dinas', 0, 2)")
    eraser = IntakeEraser(here.pool, kafka=here.kafka, prefix=here.prefix)
    await eraser.step()
    assert (await first_offset(here, kafka["topic"]), await count(here, "intake_deletion")) == (0, 1)
    unreachable = IntakeEraser(here.pool, kafka="127.0.0.1:1", prefix=here.prefix)
    await here.pool.execute("update consumer_offsets set next_offset = 2 where topic = 'intake.dinas'")
    with pytest.raises(KafkaConnectionError):
        await unreachable.step()
    assert await count(here, "intake_deletion") == 1
