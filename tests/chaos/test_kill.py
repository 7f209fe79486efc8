"""Twenty faults under load, in every part, between any two, in the clock and the disk: nothing is lost and nothing
counted twice.

`./payung test --long` has two instances of each service and goes on to 250,000 operations and a thousand faults, of
another seed each time; PAYUNG_CHAOS_SEED repeats one, PAYUNG_CHAOS_ROUNDS makes fewer of twenty faults each.
"""

import asyncio
import os
import subprocess
import sys
from datetime import date
from typing import get_args

import psutil
import pytest

from deploy.local.directory import ROOT
from shared.bus.dead_letter_reader import count_dead_letters, read_dead_letters
from tests.chaos import linked_stack
from tests.chaos.client import Client
from tests.chaos.faults import PARTS, SERVICES, Kind, plan, possible, suffer
from tests.chaos.instances import Instances
from tests.chaos.machine import CLIENTS, LINKED, Machine
from tests.chaos.world import REGENCIES, World, batches
from tests.kafka_clients import open_producer
from tests.stack import Stack
from tests.waiting import eventually

LONG = bool(os.environ.get("PAYUNG_TEST_LONG"))
SEED = int(os.environ.get("PAYUNG_CHAOS_SEED") or (int.from_bytes(os.urandom(4), "big") if LONG else 20211231))
ROUNDS = int(os.environ.get("PAYUNG_CHAOS_ROUNDS") or (50 if LONG else 1))
"""Of twenty faults."""
OPERATIONS = 5_000 if LONG else 20_000
"""Events that are sent in a round, at least."""
BUSINESSES = 300
SENDERS, BATCH = 4, 50
DAYS = (date(2024, 6, 30), date(2025, 3, 31), date(2026, 1, 15))

pytestmark = pytest.mark.timeout(14_400 if LONG else 600)


@pytest.fixture(scope="module")
async def machine(tmp_path_factory):
    machine = Machine(tmp_path_factory.mktemp("chaos"))
    further = Instances(machine.stack, linked_stack.argv)
    try:
        await machine.stack.start()
        if LONG:
            await further.start()
        yield machine
    finally:
        further.stop()
        machine.close()


@pytest.fixture(scope="module")
def stack(machine):
    return machine.stack


@pytest.fixture(scope="module")
async def client(machine):
    client = Client(machine.endpoints)
    await client.open_agencies()
    yield client
    await client.close()


@pytest.fixture(scope="module")
def world():
    return World(seed=SEED)


async def load(client, world, enough=None, operations=0):
    """Send further businesses' events by several senders, at least so many operations and until there was enough; each
    business's own stay in order."""

    async def sender(share):
        for batch in share:
            await client.send(batch)

    sent = 0
    while sent < operations or not (enough is None or enough.is_set()) or not sent:
        stories = world.grow(BUSINESSES)
        shares = [batches(stories[start::SENDERS], BATCH, world.dice) for start in range(SENDERS)]
        sent += sum(len(batch) for share in shares for batch in share)
        await asyncio.gather(*map(sender, shares))
    return sent


async def settled(client, world):
    """The figures equal the oracle's on every day asked for."""
    for day in DAYS:
        figures = await client.figures(day)
        expected = world.figures(day)
        if {region: figures.get(region) for region in REGENCIES} != expected:
            return False
    return True


@pytest.mark.parametrize("number", range(ROUNDS))
async def test_after_twenty_faults_under_load_the_figures_are_the_oracles(machine, client, world, number):
    done, planned = asyncio.Event(), plan(SEED + number, longest=15 if LONG else 2)
    faults = possible(planned, machine)
    print(f"seed {SEED}, round {number}: {len(planned) - len(faults)} faults are not possible here")

    async def suffering():
        await suffer(machine, faults)
        done.set()

    async with asyncio.TaskGroup() as both:  # a failure of one ends the other
        loading = both.create_task(load(client, world, done, OPERATIONS))
        both.create_task(suffering())
    sent = loading.result()
    print(f"seed {SEED}, round {number}: {sent} operations, {client.retries} retries")
    await eventually(lambda: settled(client, world), 120, every=0.5)
    await eventually(lambda: machine.stack.is_ready(), 90)


def test_a_seed_gives_the_same_faults_and_every_part_is_hit():
    assert plan(7) == plan(7) != plan(8)
    assert len(plan(7)) == 20
    assert {fault.part for fault in plan(7) if fault.kind == "kill"} == {*PARTS, "supervisor"}
    assert {fault.kind for fault in plan(7)} == set(get_args(Kind))
    assert {fault.part for seed in range(20) for fault in plan(seed)} >= {*LINKED, CLIENTS}


def test_the_parts_obey_the_clock_and_the_supervisor_keeps_its_own(machine):
    if machine.clock is None:
        pytest.skip("libfaketime does not work here")
    assert machine.stack.child is not None
    assert "LD_PRELOAD" not in psutil.Process(machine.stack.child.pid).environ()
    assert all("LD_PRELOAD" in psutil.Process(machine.stack.pid(name)).environ() for name in SERVICES)


async def test_no_record_became_a_dead_letter(stack, client, world):
    assert await count_dead_letters(stack.endpoints.kafka_url) == {}


async def test_garbage_on_a_topic_becomes_dead_letters_and_the_figures_stay_right(stack, client, world):
    """Both consumers of a topic reject it, each once, with a reason; what comes after it is counted."""
    garbage = [b"\xff\x00", b"{", b"[]", b'{"partner_id": 7}', b"null", b""]
    async with open_producer(stack.endpoints.kafka_url) as producer:
        for topic in ("partners", "enrollments"):
            for value in garbage:
                await producer.send_and_wait(topic, value, key=b"\xfe", headers=[("ce_type", b"\xfd")])
    await load(client, world)
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


async def test_a_backup_made_under_load_is_one_moment_that_goes_on_elsewhere(stack, client, world, tmp_path):
    """Agencies send again what they sent since: everything is there once, on another path and other ports, and so are
    the figures that are recomputed from the log."""
    file, passphrase = tmp_path / "backup", tmp_path / "passphrase"
    passphrase.write_text("only for tests\n")
    sealed = ["--passphrase-file", str(passphrase), "--data"]
    sent = batches(world.grow(BUSINESSES), BATCH, world.dice)
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
