"""An earlier release's services and today's, beside each other on one log and one database: nothing is lost or counted
twice. So are two instances of each service.

The earlier release is the commit before the newest migration, so that there is one to go through, or PAYUNG_PREVIOUS.
"""

import asyncio
import os
import shutil
import subprocess
import sys
import tarfile
import time
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from deploy.local import parts, process
from deploy.local.directory import ROOT
from deploy.local.postgres import SERVICES
from shared import schema_owners
from shared.bus.dead_letter_reader import count_dead_letters
from tests.chaos.client import Client
from tests.chaos.instances import Instances
from tests.chaos.test_kill import load, payung, settled
from tests.chaos.world import World
from tests.stack import Stack
from tests.waiting import eventually

MIGRATIONS = [f"{folder}/migrations" for folder in (*(f"services/{name}" for name in SERVICES), "shared/bus")]

pytestmark = [
    pytest.mark.timeout(900),
    pytest.mark.skipif("PAYUNG_TEST_LONG" not in os.environ, reason="minutes: ./payung test --long runs it"),
    pytest.mark.skipif(shutil.which("git") is None or not (ROOT / ".git").exists(), reason="needs git's history"),
]


def previous() -> str:
    """The commit of the earlier release."""
    git = ["git", "-C", str(ROOT), "log", "-1", "--first-parent", "--format=%H", "--", *MIGRATIONS]
    return os.environ.get("PAYUNG_PREVIOUS") or subprocess.check_output(git, text=True).strip() + "~1"


@pytest.fixture(scope="module")
def earlier(tmp_path_factory):
    """The earlier release's files, with this one's environment."""
    folder = tmp_path_factory.mktemp("earlier")
    argv = ["git", "-C", str(ROOT), "archive", previous(), "services", "shared", "deploy", "payung", "docs"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as git, tarfile.open(fileobj=git.stdout, mode="r|") as files:
        files.extractall(folder, filter="data")
    assert git.returncode == 0
    return folder


@pytest.fixture(scope="module")
async def stack(tmp_path_factory, earlier):
    running = Earlier(tmp_path_factory.mktemp("rolling") / "data", earlier)
    await running.start()
    yield running
    running.stop()


class Earlier(Stack):
    """A whole stack of the earlier release."""

    def __init__(self, data: Path, folder: Path) -> None:
        super().__init__(data, options=("--empty",))
        self.folder = folder

    async def start(self, within: float = 120) -> None:
        argv = [sys.executable, "-m", *self.module, str(self.data), *self.options]
        command = process.Command(argv, {"PYTHONPATH": str(self.folder)}, self.folder)
        self.child = process.spawn(command, self.log, mark="tests")
        await eventually(lambda: self.is_ready() or self.ended(), within, every=0.1)
        assert not self.ended(), self.output[-3000:]


SETTLES = 8.0
"""Seconds after which the groups have settled, whatever happened."""


async def longest_pause(stack, client, world, happening):
    """What happens meanwhile, and the longest time between two effects in coverage while facts come all the time."""
    task = asyncio.ensure_future(happening)
    db = await asyncpg.connect(stack.endpoints.database)
    longest, last, seen, until = 0.0, time.monotonic(), None, None
    while until is None or time.monotonic() < until:
        for event in world.grow(1)[0]:
            await client.send([event])
        applied = await db.fetchval("select sum(next_offset) from coverage.consumer_offsets where topic = 'partners'")
        if applied != seen:
            longest, last, seen = max(longest, time.monotonic() - last), time.monotonic(), applied
        if task.done() and until is None:
            until = time.monotonic() + SETTLES
    await db.close()
    return await task, max(longest, time.monotonic() - last)


async def test_both_releases_work_on_one_log_and_today_s_may_leave_again(stack):
    world = World(seed=11)
    before = Client(stack.endpoints)
    await before.open_agencies()
    await load(before, world)
    await schema_owners.settle(stack.endpoints.database)  # today's migrations, under the earlier release's work
    today = Instances(stack, parts.service_argv)
    _, joining = await longest_pause(stack, before, world, today.start())
    after = before.moved(
        replace(stack.endpoints, registration=today.url("registration"), coverage=today.url("coverage"))
    )
    try:
        await asyncio.gather(load(before, world), load(after, world))
        for client in (before, after):
            await eventually(lambda client=client: settled(client, world), 120, every=0.5)
        codes, leaving = await longest_pause(stack, before, world, asyncio.to_thread(today.stop))
        assert codes == [0, 0, 0], "each finishes what it does and leaves"
        print(f"coverage paused {joining:.1f} s at most while instances joined, {leaving:.1f} s while they left")
        await load(before, world)
        await eventually(lambda: settled(before, world), 120, every=0.5)
    finally:
        today.stop()
    assert await count_dead_letters(stack.endpoints.kafka_url) == {}
    await payung("rebuild", "coverage", "--compare", "--data", str(stack.data))
    await before.close()
    await after.close()
