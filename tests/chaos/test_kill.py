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
from shared.bus.dead_letter_reader import count_dead_letters, read_dead_letters
from tests.chaos.client import Client
from tests.chaos.world import REGENCIES, World, batches
from tests.kafka_clients import open_producer
from tests.stack import Stack
from tests.waiting import eventually

LONG = bool(os.environ.get("PAYUNG_TEST_LONG"))
ROUNDS = 20 if LONG else 1
KILLS = 2
BUSINESSES = 150
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


async def load(client, world, enough):
    """Send further businesses' events by three senders until there was enough; each business's own stay in order."""

    async def sender(share):
        for batch in share:
            await client.send(batch)

    while True:
        stories = world.grow(BUSINESSES)
        await asyncio.gather(*(sender(batches(stories[start::3], 20, world.dice)) for start in range(3)))
        if enough.is_set():
            return


async def killing(stack, part, dice, done):
    for _ in range(KILLS):
        await asyncio.sleep(dice.uniform(0.1, 2.0))  # the moment is the fault's; nothing is waited for
        before = await eventually(lambda: stack.part(part)["pid"], 30)
        os.kill(before, signal.SIGKILL)
        await eventually(lambda before=before: stack.part(part)["pid"] not in (None, before), 30)
    done.set()


async def settled(client, world):
    """The figures equal the oracle's on every day asked for."""
    for day in DAYS:
        figures = await client.figures(day)
        expected = world.figures(day)
        if {region: figures.get(region) for region in REGENCIES} != expected:
            return False
    return True


@pytest.mark.parametrize("part", ["registration", "coverage", "notifications", "kafka", "postgres"] * ROUNDS)
async def test_after_kill_9_under_load_the_figures_are_the_oracles(stack, client, world, part):
    dice = random.Random(f"{world.run}{part}{len(world.businesses)}")
    done = asyncio.Event()
    await asyncio.gather(load(client, world, done), killing(stack, part, dice, done))
    await eventually(lambda: settled(client, world), 90, every=0.5)
    await eventually(lambda: stack.status()["ready"], 60)
    restarted = stack.part(part)
    assert restarted["restarts"] >= 1
    assert restarted["last_end"]


async def test_no_record_became_a_dead_letter(stack, client, world):
    assert await count_dead_letters(stack.endpoints.kafka_url) == {}


async def test_garbage_on_a_topic_becomes_dead_letters_and_the_figures_stay_right(stack, client, world):
    """Both consumers of a topic reject it, each once, with a reason; what comes after it is counted."""
    garbage = [b"\xff\x00", b"{", b"[]", b'{"partner_id": 7}', b"null", b""]
    async with open_producer(stack.endpoints.kafka_url) as producer:
        for topic in ("partners", "enrollments"):
            for value in garbage:
                await producer.send_and_wait(topic, value, key=b"\xfe", headers=[("ce_type", b"\xfd")])
    enough = asyncio.Event()
    enough.set()
    await load(client, world, enough)
    await eventually(lambda: settled(client, world), 60, every=0.5)
    await eventually(lambda: has_dead_letters(stack, 2 * 2 * len(garbage)), 30, every=0.5)
    letters = await read_dead_letters(stack.endpoints.kafka_url)
    assert {(letter.topic, letter.consumer, letter.record.value) for letter in letters} == {
        (topic, reader, value)
        for topic in ("partners", "enrollments")
        for reader in ("coverage", "notifications")
        for value in garbage
    }
    assert {(letter.topic, letter.consumer, letter.code) for letter in letters} == {
        ("partners", "coverage", "unknown_type"),
        ("partners", "notifications", "malformed"),
        ("enrollments", "coverage", "malformed"),
        ("enrollments", "notifications", "malformed"),
    }


async def has_dead_letters(stack, number):
    return sum((await count_dead_letters(stack.endpoints.kafka_url)).values()) >= number


def test_the_metrics_recomputed_from_the_log_are_the_same(stack, client, world):
    command = [sys.executable, "-m", "deploy.local", "rebuild", "coverage", "--compare", "--data", str(stack.data)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


async def test_a_backup_made_under_load_is_one_moment_that_goes_on_elsewhere(stack, client, world, tmp_path):
    """Agencies send again what they sent since: everything is there once, on another path and other ports."""
    file, passphrase = tmp_path / "backup", tmp_path / "passphrase"
    passphrase.write_text("only for tests\n")
    sealed = ["--passphrase-file", str(passphrase), "--data"]
    sent = batches(world.grow(BUSINESSES), 20, world.dice)
    saving = asyncio.create_task(payung("backup", str(file), *sealed, str(stack.data)))
    for batch in sent:
        await client.send(batch)
    await saving
    stack.stop()
    restored = Stack(tmp_path / "elsewhere" / "data", options=("--empty",))
    await payung("restore", str(file), *sealed, str(restored.data))
    await restored.start()
    try:
        agencies = client.moved(restored.endpoints)
        for batch in sent:
            await agencies.send(batch)
        await eventually(lambda: settled(agencies, world), 60, every=0.5)
        assert restored.status()["ready"]
        await payung("rebuild", "coverage", "--compare", "--data", str(restored.data))
        await agencies.close()
    finally:
        restored.stop()


async def payung(*arguments):
    """What the command printed; it must end well."""
    command = [sys.executable, "-m", "deploy.local", *arguments]
    done = await asyncio.to_thread(subprocess.run, command, cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
