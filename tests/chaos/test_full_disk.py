"""The disk is full under load, then has room again: every part comes back by itself, and nothing is lost or doubled."""

import asyncio
import os
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest

from deploy.local.postgres import SERVICES
from tests.chaos.client import Client
from tests.chaos.test_kill import load, payung, settled
from tests.chaos.world import World
from tests.stack import Stack
from tests.waiting import eventually

pytestmark = [
    pytest.mark.timeout(900),
    pytest.mark.skipif("PAYUNG_TEST_LONG" not in os.environ, reason="minutes: ./payung test --long runs it"),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk"),
]

FULL_SECONDS = 30.0
ROOM = 700
"""MB of the small disk."""


@pytest.fixture
def disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={ROOM}m", "tmpfs", folder], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("a small disk cannot be mounted here")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


async def fill(folder: Path, seconds: float) -> None:
    """Take all room for so long, also what becomes free meanwhile."""
    loop = asyncio.get_running_loop()
    until, filler = loop.time() + seconds, folder / "filler"
    with filler.open("wb", buffering=0) as file:
        while loop.time() < until:
            try:
                file.write(bytes(1 << 16))
            except OSError:
                assert shutil.disk_usage(folder).free < 1 << 20
                await asyncio.sleep(0.05)
            await asyncio.sleep(0)
    filler.unlink()


async def are_live(stack: Stack) -> bool:
    async with httpx.AsyncClient(trust_env=False, timeout=20) as http:
        answers = [await http.get(f"{getattr(stack.endpoints, name)}/livez") for name in SERVICES]
    return all(answer.status_code == 200 for answer in answers)


async def test_a_full_disk_delays_and_loses_nothing(disk, tmp_path):
    stack, world = Stack(disk / "data", options=("--empty",)), World(seed=17)
    await stack.start()
    client = Client(stack.endpoints)
    try:
        await client.open_agencies()
        await load(client, world)
        room = asyncio.Event()

        async def filling() -> None:
            await fill(disk, FULL_SECONDS)
            room.set()

        await asyncio.gather(load(client, world, room), filling())
        await eventually(lambda: settled(client, world), 180, every=1)
        await eventually(lambda: stack.is_ready(), 120, every=1)
        assert await are_live(stack)
        assert {stack.part(name)["restarts"] for name in SERVICES} == {0}, "a service waits, and is not started again"
        await payung("rebuild", "coverage", "--compare", "--data", str(stack.data))
    finally:
        await client.close()
        stack.stop()
