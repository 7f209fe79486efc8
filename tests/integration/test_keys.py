"""API keys in a service: known, unknown, revoked within a second, and kept from the topic `access`."""

from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from aiokafka import ConsumerRecord

from shared import access, security
from shared.bus.batch import Batch
from shared.database import connect, migrate, transaction
from shared.events.access import Key, Session
from shared.events.model import encode
from shared.security import hash_key
from shared.sessions import Ended, Sessions, new_secret
from tests.integration import registration_world
from tests.waiting import eventually

AS_ADMIN = {"authorization": f"Bearer {registration_world.ADMIN}"}
NOW = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture
async def pool(database, tmp_path):
    pool = await connect(database.of("coverage"))
    await migrate(pool, tmp_path)
    yield pool
    await pool.close()


async def store(pool, *keys):
    async with transaction(pool) as db:
        await access.on_access(Batch("access", [record(encode(key)) for key in keys]), db)


def record(value, ended=None):
    """A key's, or a session's, which is `ended` or not."""
    kind = "key.issued" if ended is None else "session.ended" if ended else "session.started"
    return ConsumerRecord("access", 0, 0, 0, 0, b"k", value, None, 0, 0, [("ce_type", kind.encode())])


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


async def test_no_renewal_brings_back_a_session_that_was_ended(pool):
    """Whatever their times are, and in whichever order they come."""
    secret, known = new_secret(), Sessions(pool, "admin")
    started = Session(hash_key(secret), known.admin_key_id, NOW, datetime.now(UTC) + timedelta(hours=1))
    ended = msgspec.structs.replace(started, ended=True)
    renewed = msgspec.structs.replace(started, recorded_at=NOW + timedelta(seconds=9))
    async with transaction(pool) as db:
        of_sessions = [record(encode(each), each.ended) for each in (started, ended, renewed)]
        await access.on_access(Batch("access", of_sessions), db)
    assert isinstance(await known.of(secret), Ended)


async def test_an_older_event_of_a_revoked_key_does_not_bring_it_back(pool):
    key_id, secret, digest = security.new_key()
    await store(pool, Key(key_id, digest, NOW + timedelta(seconds=9), agency="kemenkop", revoked=True))
    await store(pool, issued(key_id, digest))
    assert await security.KeyRing(pool, "admin").principal(secret) is None


@pytest.mark.parametrize("year", [1, 2026, 9999])
async def test_a_revocation_counts_whatever_the_times_of_the_events(pool, year):
    key_id, secret, digest = security.new_key()
    at = datetime(year, 12, 31, tzinfo=timezone(timedelta(hours=14) if year == 1 else timedelta(0)))
    revoked = Key(key_id, digest, at, agency="kemenkop", revoked=True)
    await store(pool, msgspec.structs.replace(issued(key_id, digest), recorded_at=datetime(9999, 12, 31, tzinfo=UTC)))
    assert await security.KeyRing(pool, "admin").principal(secret) is not None
    await store(pool, revoked)
    assert await security.KeyRing(pool, "admin").principal(secret) is None
    await store(pool, msgspec.structs.replace(issued(key_id, digest), recorded_at=datetime(9999, 12, 31, tzinfo=UTC)))
    assert await security.KeyRing(pool, "admin").principal(secret) is None


async def test_a_key_revoked_and_issued_in_one_batch_stays_revoked(pool):
    key_id, secret, digest = security.new_key()
    await store(pool, Key(key_id, digest, NOW, agency="kemenkop", revoked=True), issued(key_id, digest))
    assert await security.KeyRing(pool, "admin").principal(secret) is None


async def test_a_key_dated_in_the_future_may_still_be_changed_soon(pool):
    key_id, _, digest = security.new_key()
    await store(pool, msgspec.structs.replace(issued(key_id, digest), recorded_at=datetime(9999, 12, 31, tzinfo=UTC)))
    assert await pool.fetchval("select recorded_at < now() + interval '6 minutes' from keys")


async def test_an_event_that_cannot_be_stored_is_a_dead_letter_and_the_others_count(pool):
    good, bad = security.new_key(), security.new_key()
    batch = Batch("access", [record(encode(issued(bad[0], bad[2] + "\x00"))), record(encode(issued(good[0], good[2])))])
    async with transaction(pool) as db:
        await access.on_access(batch, db)
    assert [reason.partition(":")[0] for _, reason in batch.rejected] == ["malformed"]
    assert await pool.fetchval("select array_agg(key_id) from keys") == [good[0]]


async def test_a_key_from_the_topic_opens_until_it_expires(pool):
    key_id, secret, digest = security.new_key()
    ring = security.KeyRing(pool, "admin")
    for expires_at, has_expired in ((datetime.now(UTC) + timedelta(hours=1), False), (NOW, True)):
        await store(pool, issued(key_id, digest, expires_at=expires_at))
        ring.clear()
        assert (await ring.principal(secret)).has_expired() == has_expired


async def test_a_key_is_issued_until_a_moment_and_refused_from_then_on(database, kafka, topics):
    async with registration_world.world(database, kafka, topics) as world:
        await world.agency()
        moment = (datetime.now(UTC) + timedelta(seconds=2)).astimezone(timezone(timedelta(hours=7)))
        made = await issue(world, expires_at=moment.isoformat())
        assert datetime.fromisoformat(made.json()["expires_at"]) == moment
        world.keys["dinas"] = made.json()["key"]
        assert await world.get("/v1/lists") == []

        async def refused():
            answer = await world.http.get("/v1/lists", headers=world.bearer("dinas"))
            return answer.status_code == 401 and answer.json()["code"] == "key_expired"

        await eventually(refused, 10)
        (agency,) = (await world.http.get("/v1/agencies", headers=AS_ADMIN)).json()
        assert [key["expires_at"] is not None for key in agency["keys"]] == [False, True]
        newest = (await world.newest("access"))[made.json()["key_id"]]
        assert datetime.fromisoformat(newest["expires_at"]) == moment


WRONG_TIMES = [
    "2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z", "2027-01-01", "2027-01-01T00:00:00", "2027-13-01T00:00:00Z",
    1800000000,     "2027-01-01T00:00:00+99:99", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "",
]  # fmt: skip


async def test_a_time_that_no_key_may_expire_at_is_refused_by_name(database, kafka, topics):
    async with registration_world.world(database, kafka, topics) as world:
        await world.agency()
        for wrong in WRONG_TIMES:
            answer = await issue(world, expires_at=wrong)
            assert (answer.status_code, answer.json()["field"]) == (422, "expires_at"), wrong


async def issue(world, **wanted):
    return await world.http.post("/v1/agencies/dinas/keys", json=wanted, headers=AS_ADMIN)


async def test_the_administrators_key_needs_no_table(pool):
    ring = security.KeyRing(pool, "the admin's key")
    assert (await ring.principal("the admin's key")).admin
    assert await ring.principal("the admin's key ") is None
