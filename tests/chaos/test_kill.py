"""kill -9 of every part, at random moments, under load: afterwards nothing is lost and nothing counted twice."""

import asyncio
import os
import random
import signal
import subprocess
import sys
from datetime import date

import pytest

from deploy.local.directory import ROOT
from shared.bus import redrive
from tests.chaos.client import Client
from tests.chaos.world import REGENCIES, World, batches
from tests.stack import Stack
from tests.waiting import eventually

LONG = bool(os.environ.get("PAYUNG_TEST_LONG"))
ROUNDS = 20 if LONG else 1
KILLS = 2
BUSINESSES = 600
DAYS = (date(2024, 6, 30), date(2025, 3, 31), date(2026, 1, 15))

pytestmark = pytest.mark.timeout(3600 if LONG else 300)


@pytest.fixture(scope="module")
async def stack(tmp_path_factory):
    running = Stack(tmp_path_factory.mktemp("chaos") / "data", options=("--empty",))
    await running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
async def client(stack):
    client = Client(stack.endpoints)
    await client.open_agencies()
    yield client
    await client.close()


@pytest.fixture(scope="module")
def world():
    return World(seed=int.from_bytes(os.urandom(4), "big") if LONG else 20211231)


async def load(client, world):
    """Send further businesses' events by three senders at once; each business's own events stay in order."""
    stories = world.grow(BUSINESSES)
    shares = [batches(stories[start::3], 50, world.dice) for start in range(3)]

    async def sender(share):
        for batch in share:
            await client.send(batch)

    await asyncio.gather(*map(sender, shares))


async def killing(stack, part, dice):
    for _ in range(KILLS):
        await asyncio.sleep(dice.uniform(0.1, 1.5))  # the moment is the fault's; nothing is waited for
        pid = stack.part(part)["pid"]
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
            before = pid
            await eventually(lambda pid=before: stack.part(part)["pid"] not in (None, pid), 30)


async def settled(client, world):
    """The figures equal the oracle's on every day asked for."""
    for day in DAYS:
        told = await client.figures(day)
        expected = world.figures(day)
        if {region: told.get(region) for region in REGENCIES} != expected:
            return False
    return True


@pytest.mark.parametrize("part", ["registration", "coverage", "notifications", "kafka", "postgres"] * ROUNDS)
async def test_after_kill_9_under_load_the_figures_are_the_oracles(stack, client, world, part):
    dice = random.Random(f"{world.run}{part}{len(world.businesses)}")
    await asyncio.gather(load(client, world), killing(stack, part, dice))
    await eventually(lambda: settled(client, world), 90, every=0.5)
    await eventually(lambda: stack.status()["ready"], 60)
    restarted = stack.part(part)
    assert restarted["restarts"] >= 1
    assert restarted["last_end"]


async def test_no_record_became_a_dead_letter(stack, client, world):
    assert await redrive.count(stack.endpoints.kafka) == {}


def test_the_metrics_recomputed_from_the_log_are_the_same(stack, client, world):
    command = [sys.executable, "-m", "deploy.local", "rebuild", "coverage", "--compare", "--data", str(stack.data)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
