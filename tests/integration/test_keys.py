"""API keys in a service: known, unknown, revoked within a second, and kept from the topic `access`."""

from datetime import UTC, datetime, timedelta

import pytest
from aiokafka import ConsumerRecord

from shared import security
from shared.bus.batch import Batch
from shared.database import connect, migrate, transaction
from shared.events.access import Key
from shared.events.model import encode
from tests.waiting import eventually

NOW = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture
async def pool(database, tmp_path):
    pool = await connect(database.of("coverage"))
    await migrate(pool, tmp_path)
    yield pool
    await pool.close()


async def store(pool, *keys):
    async with transaction(pool) as db:
        await security.on_access(Batch("access", [record(encode(key)) for key in keys]), db)


def record(value):
    return ConsumerRecord("access", 0, 0, 0, 0, b"k", value, None, 0, 0, [])


def issued(key_id, digest, **other):
    return Key(key_id, digest, NOW, agency="kemenkop", scopes=("publish", "read"), regions=("ID",), **other)


async def test_a_key_from_the_topic_opens_and_its_revocation_closes_within_a_second(pool):
    key_id, secret, digest = security.new_key()
    ring = security.KeyRing(pool, "admin")
    assert await ring.principal(secret) is None
    await store(pool, issued(key_id, digest))
    known = await eventually(lambda: ring.principal(secret), 1)
    assert known == security.Principal("kemenkop", frozenset({"publish", "read"}), ("ID",), key_id=key_id)
    revoked = Key(key_id, digest, NOW + timedelta(seconds=1), agency="kemenkop", revoked=True)
    await store(pool, revoked)

    async def closed():
        return await ring.principal(secret) is None

    await eventually(closed, 1)


async def test_an_older_event_of_a_revoked_key_does_not_bring_it_back(pool):
    key_id, secret, digest = security.new_key()
    await store(pool, Key(key_id, digest, NOW + timedelta(seconds=9), agency="kemenkop", revoked=True))
    await store(pool, issued(key_id, digest))
    assert await security.KeyRing(pool, "admin").principal(secret) is None


async def test_the_administrators_key_needs_no_table(pool):
    ring = security.KeyRing(pool, "the admin's key")
    assert (await ring.principal("the admin's key")).admin
    assert await ring.principal("the admin's key ") is None
