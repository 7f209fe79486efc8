"""The topics get four times as many partitions, as docs/scale.md says: figures stay right, also those of before."""

import os

import pytest
from aiokafka.admin import NewPartitions

from shared.bus.dead_letter_reader import count_dead_letters
from tests.chaos.client import Client
from tests.chaos.test_kill import load, payung, settled
from tests.chaos.world import World
from tests.kafka_clients import open_admin
from tests.stack import Stack
from tests.waiting import eventually

pytestmark = [
    pytest.mark.timeout(900),
    pytest.mark.skipif("PAYUNG_TEST_LONG" not in os.environ, reason="minutes: ./payung test --long runs it"),
]

MORE = 32


async def test_figures_stay_right_with_more_partitions(tmp_path):
    stack, world = Stack(tmp_path / "data", options=("--empty",)), World(seed=13)
    await stack.start()
    try:
        client = Client(stack.endpoints)
        await client.open_agencies()
        await load(client, world)
        await eventually(lambda: settled(client, world), 90, every=0.5)
        async with open_admin(stack.endpoints.kafka_url) as admin:
            names = [name for name in await admin.list_topics() if not name.startswith("__")]
            await admin.create_partitions({name: NewPartitions(MORE) for name in names})
        stack.stop()
        await stack.start()
        former, client = client, client.moved(stack.endpoints)
        await former.close()
        async with open_admin(stack.endpoints.kafka_url) as admin:
            (described,) = await admin.describe_topics(["enrollments"])
        assert len(described["partitions"]) == MORE
        await load(client, world)
        await eventually(lambda: settled(client, world), 90, every=0.5)
        assert await count_dead_letters(stack.endpoints.kafka_url) == {}
        await payung("rebuild", "coverage", "--compare", "--data", str(stack.data))
        await client.close()
    finally:
        stack.stop()
