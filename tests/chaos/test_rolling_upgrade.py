"""An earlier release's services and today's, beside each other on one log and one database: nothing is lost or counted
twice. So are two instances of each service.

The earlier release is the commit before this one, or PAYUNG_PREVIOUS.
"""

import asyncio
import os
import shutil
import subprocess
import sys
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.local import parts, process
from deploy.local.directory import ROOT
from shared import schema_owners
from shared.bus.dead_letter_reader import count_dead_letters
from tests.chaos.client import Client
from tests.chaos.instances import Instances
from tests.chaos.test_kill import load, payung, settled
from tests.chaos.world import World
from tests.stack import Stack
from tests.waiting import eventually

PREVIOUS = os.environ.get("PAYUNG_PREVIOUS", "HEAD~1")

pytestmark = [
    pytest.mark.timeout(900),
    pytest.mark.skipif("PAYUNG_TEST_LONG" not in os.environ, reason="minutes: ./payung test --long runs it"),
    pytest.mark.skipif(shutil.which("git") is None or not (ROOT / ".git").exists(), reason="needs git's history"),
]


@pytest.fixture(scope="module")
def earlier(tmp_path_factory):
    """The earlier release's files, with this one's environment."""
    folder = tmp_path_factory.mktemp("earlier")
    argv = ["git", "-C", str(ROOT), "archive", PREVIOUS, "services", "shared", "deploy", "payung", "docs"]
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


async def test_both_releases_work_on_one_log_and_today_s_may_leave_again(stack):
    world = World(seed=11)
    before = Client(stack.endpoints)
    await before.open_agencies()
    await load(before, world)
    await schema_owners.settle(stack.endpoints.database)  # today's migrations, under the earlier release's work
    today = Instances(stack, parts.service_argv)
    await today.start()
    after = before.moved(
        replace(stack.endpoints, registration=today.url("registration"), coverage=today.url("coverage"))
    )
    try:
        await asyncio.gather(load(before, world), load(after, world))
        for client in (before, after):
            await eventually(lambda client=client: settled(client, world), 120, every=0.5)
        assert today.stop() == [0, 0, 0], "each finishes what it does and leaves"
        await load(before, world)
        await eventually(lambda: settled(before, world), 120, every=0.5)
    finally:
        today.stop()
    assert await count_dead_letters(stack.endpoints.kafka_url) == {}
    await payung("rebuild", "coverage", "--compare", "--data", str(stack.data))
    await before.close()
    await after.close()
