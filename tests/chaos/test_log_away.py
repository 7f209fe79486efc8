"""Kafka is away for minutes under load: so much is taken as may wait, then nothing, memory stays flat, and once it is
back all is published without a flood.

PAYUNG_CHAOS_AWAY says for how many seconds.
"""

import asyncio
import os
import time

import httpx
import psutil
import pytest

from deploy.local.postgres import SERVICES
from tests.chaos.client import Client
from tests.chaos.linked_stack import MOST_WAITING
from tests.chaos.machine import Machine
from tests.chaos.test_kill import load, settled
from tests.chaos.world import World
from tests.waiting import eventually

pytestmark = [
    pytest.mark.timeout(2400),
    pytest.mark.skipif("PAYUNG_TEST_LONG" not in os.environ, reason="minutes: ./payung test --long runs it"),
]

AWAY = float(os.environ.get("PAYUNG_CHAOS_AWAY", "600"))
BOUND = 5_000
"""Events that may wait, instead of two million."""
MORE = 64
"""MB that a service may have more at its largest than before: what waits lies in the database."""


class Watch:
    """What happens meanwhile: the answers, and each service's memory at its largest, in MB."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self.refused_after: list[str] = []
        self.largest = self.memory()

    def memory(self) -> dict[str, float]:
        pids = {name: self._machine.stack.part(name)["pid"] for name in SERVICES}
        return {name: psutil.Process(pid).memory_info().rss / 1e6 for name, pid in pids.items()}

    def noted(self) -> None:
        self.largest = {name: max(size, self.largest[name]) for name, size in self.memory().items()}

    async def answered(self, answer: httpx.Response) -> None:
        if answer.status_code == 503:
            self.refused_after.append(answer.headers["retry-after"])


async def test_what_may_wait_is_taken_the_rest_refused_and_all_counted_once_it_is_back(tmp_path):
    machine, world = Machine(tmp_path, {MOST_WAITING: str(BOUND)}), World(seed=23)
    try:
        await machine.stack.start()
        client = Client(machine.endpoints)
        await client.open_agencies()
        await load(client, world, operations=5_000)
        await eventually(lambda: settled(client, world), 120, every=0.5)
        watch = Watch(machine)
        before = dict(watch.largest)
        client.on_answer = watch.answered
        for service in SERVICES:
            machine.network.become(f"{service}-kafka", "cut")
        is_back = asyncio.Event()

        async def away() -> None:
            until = time.monotonic() + AWAY
            while time.monotonic() < until:
                watch.noted()
                await asyncio.sleep(1)
            for service in SERVICES:
                machine.network.become(f"{service}-kafka", "open")
            is_back.set()

        sent, _ = await asyncio.gather(load(client, world, is_back), away())
        began = time.monotonic()
        while not await settled(client, world):
            watch.noted()
            assert time.monotonic() - began < 300
            await asyncio.sleep(0.5)
        print(f"{sent} events, {len(watch.refused_after)} refused, counted {time.monotonic() - began:.0f} s after;")
        print({name: f"{before[name]:.0f} -> {size:.0f} MB" for name, size in watch.largest.items()})
        assert set(watch.refused_after) == {"60"}
        assert all(size < before[name] + MORE for name, size in watch.largest.items())
        assert {machine.stack.part(name)["restarts"] for name in SERVICES} == {0}
        await client.close()
    finally:
        machine.close()
