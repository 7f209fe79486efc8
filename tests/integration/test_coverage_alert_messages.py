"""Messages of alerts reach the operator's channel: once when one opens, once when it is resolved, signed, in order."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest

from services.coverage.alert_messages import EVERY, FIRST_RETRY, AlertMessages
from services.coverage.app import MIGRATIONS
from shared import signatures
from shared.database import connect, migrate
from tests import stack
from tests.integration.webhook_receiver import receiver
from tests.waiting import eventually

SECRET = signatures.new_secret()
NOW = datetime.now(UTC)
ADD = """
insert into alerts (alert_id, rule_id, rule_name, kind, subject, details, opened_at, last_true_at, resolved_at)
values ($1, $1, 'Diam', 'agency_silent', 'dinas', $2, $3, $3, $4)
"""
DETAILS = json.dumps({"agency": "dinas", "last": "2026-01-01", "usual": 3})


@pytest.fixture
async def pool(database: stack.Database) -> AsyncIterator[asyncpg.Pool]:
    made = await connect(database.of("coverage"))
    await migrate(made, MIGRATIONS)
    yield made
    await made.close()


async def test_a_receiver_is_told_of_each_alert_until_it_takes_it(pool: asyncpg.Pool) -> None:
    older, newer = uuid4(), uuid4()
    await pool.execute(ADD, newer, DETAILS, NOW, None)
    await pool.execute(ADD, older, DETAILS, NOW - timedelta(1), NOW)
    async with receiver() as there:
        messages = AlertMessages(pool, there.url, SECRET)
        there.head = "503 Service Unavailable"
        assert await messages.step() == FIRST_RETRY
        assert await messages.step() == 2 * FIRST_RETRY
        there.head = "302 Found\r\nlocation: http://127.0.0.1:1/elsewhere"
        assert (await messages.step(), messages.failures) == (4 * FIRST_RETRY, 3)
        there.head = "204 No Content"
        assert [await messages.step() for _ in range(4)] == [0.0, 0.0, 0.0, EVERY]
        ids = [each.id for each in there.received]
        assert ids == [f"alert-{older}-opened"] * 4 + [f"alert-{older}-resolved", f"alert-{newer}-opened"]
        last = there.received[-1]
        assert signatures.is_signed(SECRET, last.headers, last.body, time.time())
        body = json.loads(last.body)
        assert (body["type"], body["data"]["subject"]) == ("alert.opened", "dinas")
        assert "dinas" in body["data"]["message"]["id"]
        assert messages.failures == 0


async def test_one_instance_at_a_time_sends_and_without_a_receiver_nothing_waits(pool: asyncpg.Pool) -> None:
    await pool.execute(ADD, uuid4(), DETAILS, NOW, NOW)
    async with receiver() as there:
        there.goes_on.clear()
        slow = asyncio.create_task(AlertMessages(pool, there.url, SECRET).step())
        await eventually(lambda: len(there.received), within=20, every=0.01)
        assert await AlertMessages(pool, there.url, SECRET).send_next() is None
        there.goes_on.set()
        assert await slow == 0.0
    nobody = AlertMessages(pool, None, "")
    assert [await nobody.step(), await nobody.step()] == [0.0, EVERY]
