"""Kafka is closed: who has no user is cut off, and a user may do no more than its service needs."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import NewTopic, RecordsToDelete
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    KafkaConnectionError,
    TopicAuthorizationFailedError,
    for_code,
)
from confluent_kafka import KafkaException

from shared.bus.access_control import AccessControl
from shared.bus.kafka_url import KafkaUrl, kafka_url
from shared.bus.principals import SERVICES, Grant, agency_grants, agency_user, service_grants
from shared.bus.topics import ensure_topics
from shared.events import TOPICS
from tests.kafka_clients import open_admin, open_consumer, open_producer
from tests.stack import Broker, open_broker, start_closed_broker

READ_WITHIN = 5.0
UNREADABLE = (TopicAuthorizationFailedError, TimeoutError)
"""aiokafka waits for ever for the metadata of a topic that it may not see."""

TOPIC_NAMES = [*TOPICS, *(f"{name}.dlq" for name in TOPICS)]


@pytest.fixture(scope="module")
async def closed(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Broker]:
    broker = await start_closed_broker(tmp_path_factory.mktemp("closed"))
    await write(broker.address, "contacts")
    yield broker
    broker.stop()


async def write(kafka: str, topic: str, value: bytes = b"{}") -> None:
    async with open_producer(kafka, request_timeout_ms=5_000, enable_idempotence=True) as producer:
        await producer.send_and_wait(topic, value, key=b"k")


async def read(kafka: str, topic: str, group: str | None = None) -> Any:
    async with open_consumer(kafka, group_id=group) as consumer:
        if group is None:
            consumer.assign([TopicPartition(topic, number) for number in range(8)])
        else:
            consumer.subscribe([topic])
        return await asyncio.wait_for(consumer.getone(), READ_WITHIN)


@pytest.mark.parametrize("scheme", ["", "scram", "plain"])
async def test_who_has_no_user_or_another_password_is_cut_off(closed: Broker, scheme: str) -> None:
    (server,) = KafkaUrl.parse(closed.address).servers
    address = kafka_url(server, "coverage", "wrong", scheme) if scheme else server
    for attempt in (write(address, "partners"), read(address, "contacts")):
        with pytest.raises(KafkaConnectionError) as refused:
            await attempt
        assert "wrong" not in str(refused.value)


async def test_the_brokers_own_listener_takes_the_administrator_alone(closed: Broker) -> None:
    listeners = Path(str(closed.log)).parents[1].joinpath("kafka/server.properties").read_text()
    internal = listeners.partition("INTERNAL://")[2].partition(",")[0]
    for user, password in closed.passwords.items():
        address = kafka_url(internal, user, password if user != "admin" else "wrong", "plain")
        with pytest.raises(KafkaConnectionError):
            await write(address, "partners")


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_writes_what_it_publishes_and_dead_letters_alone(closed: Broker, service: str) -> None:
    allowed = {grant.name for grant in service_grants(service) if grant.operation == "WRITE" and not grant.is_prefix}
    for topic in TOPIC_NAMES:
        if topic in allowed:
            await write(closed.as_user(service), topic)
        elif not topic.startswith("intake"):
            with pytest.raises(TopicAuthorizationFailedError):
                await write(closed.as_user(service), topic)
    assert {"partners", "contacts"}.isdisjoint(allowed) or service == "registration"
    assert "access" not in allowed or service in ("registration", "notifications"), "agencies' keys, and agents'"


@pytest.mark.parametrize("service", ["coverage", "registration"])
async def test_contacts_are_read_by_notifications_alone(closed: Broker, service: str) -> None:
    assert (await read(closed.as_user("notifications"), "contacts", "notifications")).key == b"k"
    with pytest.raises(UNREADABLE):
        await read(closed.as_user(service), "contacts")
    with pytest.raises(UNREADABLE):
        await read(closed.as_user(service), "contacts", service)


async def test_a_group_belongs_to_its_service(closed: Broker) -> None:
    with pytest.raises(GroupAuthorizationFailedError):
        await read(closed.as_user("coverage"), "partners", "notifications")


@pytest.mark.parametrize("service", ["coverage", "notifications"])
async def test_a_service_neither_creates_topics_nor_deletes_records_nor_makes_users(
    closed: Broker, service: str
) -> None:
    async with open_admin(closed.as_user(service)) as admin:
        answer = await admin.create_topics([NewTopic("intake.forged", 1, 1)])
        assert for_code(answer.topic_errors[0][1]) in (TopicAuthorizationFailedError, ClusterAuthorizationFailedError)
        with pytest.raises(Exception, match=r"(?i)authoriz"):
            await admin.delete_records({TopicPartition("partners", 0): RecordsToDelete(before_offset=0)})
    control = AccessControl(closed.as_user(service))
    with pytest.raises(KafkaException):
        control.set_passwords({"admin": "mine"})
    with pytest.raises(KafkaException):
        control.set_grants(service, {Grant(service, "TOPIC", "contacts", "READ")})


async def test_an_agency_writes_its_own_topic_and_reads_nothing(closed: Broker) -> None:
    control = AccessControl(closed.as_user("registration"))
    async with open_admin(closed.as_user("registration")) as admin:
        await admin.create_topics([NewTopic("intake.solo", 1, 1), NewTopic("intake.other", 1, 1)])
    control.set_passwords({agency_user("solo"): "its"})
    control.set_grants(agency_user("solo"), agency_grants("solo"))
    (server,) = KafkaUrl.parse(closed.address).servers
    solo = kafka_url(server, agency_user("solo"), "its")
    await write(solo, "intake.solo")
    for topic in ("intake.other", "intake", "partners", "access", "intake.solo.dlq"):
        with pytest.raises(TopicAuthorizationFailedError):
            await write(solo, topic)
    for topic in ("intake.solo", "contacts"):
        with pytest.raises(UNREADABLE):
            await read(solo, topic)
    control.set_grants(agency_user("solo"), set())
    with pytest.raises(ClusterAuthorizationFailedError):  # who may write nowhere does not even get a producer's id
        await write(solo, "intake.solo")
    control.remove_user(agency_user("solo"))
    control.remove_user(agency_user("solo"))
    with pytest.raises(KafkaConnectionError):
        await write(solo, "intake.solo")


@pytest.mark.parametrize("service", SERVICES)
async def test_the_topics_of_every_service_are_there_for_it(closed: Broker, service: str) -> None:
    rights = SERVICES[service]
    topics = [TOPICS[name] for name in (*rights.applies, *rights.publishes)]
    await ensure_topics(closed.as_user(service), topics)


async def test_grants_that_are_no_longer_wanted_go(closed: Broker) -> None:
    control = AccessControl(closed.address)
    control.set_grants("coverage", service_grants("coverage") | {Grant("coverage", "TOPIC", "contacts", "READ")})
    assert (await read(closed.as_user("coverage"), "contacts")).key == b"k"
    control.set_grants("coverage", service_grants("coverage"))
    with pytest.raises(UNREADABLE):
        await read(closed.as_user("coverage"), "contacts")


async def test_a_data_directory_from_before_is_closed_and_keeps_its_records(tmp_path: Path) -> None:
    before = open_broker(tmp_path)
    await before.start()
    await ensure_topics(before.address, TOPICS.values())
    await write(before.address, "partners", b"from before")
    before.stop()
    after = await start_closed_broker(tmp_path)
    try:
        assert (await read(after.as_user("coverage"), "partners")).value == b"from before"
        with pytest.raises(KafkaConnectionError):
            await write(KafkaUrl.parse(after.address).servers[0], "partners")
        await write(after.as_user("registration"), "partners")
    finally:
        after.stop()
