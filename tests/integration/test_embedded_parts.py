"""The embedded Kafka and PostgreSQL that every other test stands on."""

import asyncpg
import pytest
from aiokafka.admin import NewTopic

from tests import stack
from tests.kafka_clients import open_admin, open_consumer, open_producer
from tests.waiting import eventually


async def produce(address: str, topic: str, value: bytes) -> None:
    async with open_producer(address, enable_idempotence=True) as producer:
        await producer.send_and_wait(topic, value)


async def create(address: str, topic: str) -> None:
    async with open_admin(address) as admin:
        await admin.create_topics([NewTopic(topic, num_partitions=8, replication_factor=1)])


async def read_one(address: str, topic: str) -> bytes:
    async with open_consumer(address, topic, group_id=topic) as consumer:
        record = await consumer.getone()
    return bytes(record.value or b"")


async def partitions(address: str, topic: str) -> int:
    async with open_admin(address) as admin:
        described = await admin.describe_topics([topic])
    return len(described[0]["partitions"])


async def test_kafka_takes_records_and_gives_them_back(kafka: str, topics: str) -> None:
    await create(kafka, topics + "partners")
    await produce(kafka, topics + "partners", b"{}")
    assert await read_one(kafka, topics + "partners") == b"{}"
    assert await partitions(kafka, topics + "partners") == 8


async def test_kafka_keeps_acknowledged_records_through_kill_9(own_kafka, topics: str) -> None:
    broker = await own_kafka()
    await create(broker.address, topics + "claims")
    await produce(broker.address, topics + "claims", b"kept")
    broker.kill()
    await broker.start()
    assert await read_one(broker.address, topics + "claims") == b"kept"


async def test_a_service_has_its_own_schema_and_reaches_no_other(database: stack.Database) -> None:
    coverage = await asyncpg.connect(database.of("coverage"))
    registration = await asyncpg.connect(database.of("registration"))
    await coverage.execute("create table cells (a int); insert into cells values (1)")
    assert await coverage.fetchval("select a from coverage.cells") == 1
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await registration.fetch("select * from coverage.cells")
    await coverage.close()
    await registration.close()


@pytest.mark.parametrize("_again", [1, 2])
async def test_every_test_has_an_empty_database(database: stack.Database, _again: int) -> None:
    connection = await asyncpg.connect(database.of("coverage"))
    await connection.execute("create table once (a int)")
    await connection.close()


async def test_postgres_keeps_what_was_committed_through_kill_9(own_postgres) -> None:
    server = await own_postgres()
    connection = await asyncpg.connect(server.admin)
    await connection.execute("create table kept as select 7 as a")
    server.kill()
    await eventually(connection.is_closed)
    await server.start()
    again = await asyncpg.connect(server.admin)
    assert await again.fetchval("select a from kept") == 7
    await again.close()


@pytest.mark.parametrize("role", ["postgres", "coverage"])
async def test_a_wrong_password_is_refused(postgres: str, role: str) -> None:
    right = postgres if role == "postgres" else stack.over_tcp(postgres, role)
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(right.replace(stack.PASSWORD, "guessed"))
