"""A database or a log restored from an older copy: the stack stands still, says so, and its commands lead back."""

import asyncio
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from deploy.local import postgres, process
from deploy.local.directory import ROOT
from tests.chaos.client import Client
from tests.chaos.test_kill import DAYS, payung, settled
from tests.chaos.world import World, batches
from tests.kafka_clients import open_admin
from tests.stack import Stack
from tests.waiting import eventually

pytestmark = [
    pytest.mark.timeout(1800),
    pytest.mark.skipif("PAYUNG_TEST_LONG" not in os.environ, reason="minutes: ./payung test --long runs it"),
]

BEFORE, SINCE = 60, 100


class Disaster:
    """A stack whose log and databases are newer than the backup `old`, which is unfolded beside it."""

    def __init__(self, folder: Path) -> None:
        self.stack = Stack(folder / "data", options=("--empty",))
        self.old, self.file = folder / "old", folder / "backup"
        self.world = World(seed=7)
        self.sent: list = []

    async def prepare(self) -> None:
        await self.stack.start()
        self.client = Client(self.stack.endpoints)
        await self.client.open_agencies()
        await self.send(BEFORE)
        await payung("backup", str(self.file), "--data", str(self.stack.data))
        await self.send(SINCE)
        await eventually(lambda: settled(self.client, self.world), 90, every=0.5)
        self.stack.stop()
        await payung("restore", str(self.file), "--data", str(self.old))

    async def send(self, businesses: int) -> None:
        for batch in batches(self.world.grow(businesses), 20, self.world.dice):
            self.sent.append(batch)
            await self.client.send(batch)

    async def send_again(self) -> None:
        for batch in self.sent:
            await self.client.send(batch)

    def replace(self, part: str) -> None:
        """The older copy in the place of the newer one."""
        shutil.rmtree(self.stack.data / part / "data")
        shutil.copytree(self.old / part / "data", self.stack.data / part / "data", symlinks=True)

    async def start(self) -> None:
        """Up to where the services answer; they need not be ready."""
        argv = [sys.executable, "-m", "deploy.local", "up", "--empty", "--data", str(self.stack.data)]
        self.stack.child = process.spawn(
            process.Command(argv, {"PYTHONPATH": str(ROOT)}, ROOT), self.stack.log, "tests"
        )
        await eventually(lambda: (self.stack.data / "endpoints.json").exists() or self.stack.ended(), 120)
        assert not self.stack.ended(), self.stack.output[-3000:]
        former, self.client = self.client, self.client.moved(self.stack.endpoints)
        await former.close()

    async def standing_still(self, *words: str) -> None:
        async def says_so() -> bool:
            _, _, line = await self.command("status")
            return all(word in line for word in words)

        await eventually(says_so, 60, every=1)

    async def command(self, *arguments: str) -> tuple[int, str, str]:
        argv = [sys.executable, "-m", "deploy.local", *arguments, "--data", str(self.stack.data)]
        done = await asyncio.to_thread(subprocess.run, argv, cwd=ROOT, capture_output=True, text=True, timeout=240)
        print(arguments, done.returncode, done.stdout, done.stderr)
        return done.returncode, done.stdout, done.stderr


@pytest.fixture
async def disaster(tmp_path):
    made = Disaster(tmp_path)
    await made.prepare()
    yield made
    await made.client.close()
    made.stack.stop()


async def test_a_log_older_than_the_databases_is_completed(disaster):
    disaster.replace("kafka")
    await disaster.start()
    await disaster.standing_still("./payung recover log")
    assert (await disaster.command("recover", "log", "--dry-run"))[0] == 0
    for way in (("log",), ("service", "coverage"), ("service", "notifications")):
        assert (await disaster.command("recover", *way))[0] == 0
    await eventually(lambda: settled(disaster.client, disaster.world), 90, every=0.5)
    await eventually(lambda: disaster.stack.is_ready(), 90, every=0.5)
    await disaster.send(10)
    await eventually(lambda: settled(disaster.client, disaster.world), 90, every=0.5)


async def test_databases_older_than_the_log_take_back_what_it_knows(disaster):
    disaster.replace("postgres")
    await disaster.start()
    await disaster.standing_still("./payung recover registration")
    assert (await disaster.command("recover", "registration", "--dry-run"))[0] == 0
    assert (await disaster.command("recover", "registration"))[0] == 0
    assert (await disaster.command("recover", "service", "notifications"))[0] == 0
    await eventually(lambda: disaster.stack.is_ready(), 90, every=0.5)
    await disaster.send_again()
    await eventually(lambda: settled(disaster.client, disaster.world), 90, every=0.5)
    listed = sum(row["listed"] for row in (await disaster.client.figures(DAYS[-1])).values())
    assert listed == len(disaster.world.businesses)


async def test_a_database_brought_back_to_a_moment_from_its_archive_takes_back_what_the_log_knows(disaster, tmp_path):
    """With PostgreSQL's own tools, as docs/disasters.md says."""
    copy, archive = tmp_path / "copy", tmp_path / "archive"
    archive.mkdir()
    await disaster.start()
    dsn = disaster.stack.endpoints.database
    argv = [postgres.binary("pg_receivewal"), "-d", dsn, "-D", str(archive), "--synchronous", "--no-loop"]
    receiving = process.spawn(process.Command(argv), tmp_path / "receivewal.log", mark="tests")
    argv = [postgres.binary("pg_basebackup"), "-d", dsn, "-D", str(copy), "--checkpoint=fast", "--wal-method=none"]
    await asyncio.to_thread(subprocess.run, argv, check=True)
    await disaster.send(20)
    server = await asyncpg.connect(dsn)
    moment = await server.fetchval("select clock_timestamp()")
    await server.close()
    await disaster.send(20)
    await eventually(lambda: settled(disaster.client, disaster.world), 90, every=0.5)
    disaster.stack.stop()
    receiving.wait()
    home = disaster.stack.data / "postgres/data"
    shutil.rmtree(home)
    shutil.copytree(copy, home, symlinks=True)
    open_to_others(archive)
    with (home / "postgresql.auto.conf").open("a") as settings:
        settings.write(f'restore_command = \'cp "{archive}/%f" %p || cp "{archive}/%f.partial" %p\'\n')
        settings.write(f"recovery_target_time = '{moment}'\nrecovery_target_action = 'promote'\n")
    (home / "recovery.signal").touch()
    await disaster.start()
    await disaster.standing_still("./payung recover registration")
    assert (await disaster.command("recover", "registration"))[0] == 0
    assert (await disaster.command("recover", "service", "notifications"))[0] == 0
    await eventually(lambda: disaster.stack.is_ready(), 90, every=0.5)
    await disaster.send_again()
    await eventually(lambda: settled(disaster.client, disaster.world), 90, every=0.5)


def open_to_others(folder: Path) -> None:
    """Started by root, PostgreSQL is another user, to whom pytest's folders are closed."""
    for each in (*folder.rglob("*"), folder):
        each.chmod(0o755)
    for outer in folder.parents[:-2]:
        outer.chmod(outer.stat().st_mode | 0o011)


async def test_a_topic_made_anew_is_filled_again(disaster):
    await disaster.start()
    async with open_admin(disaster.stack.endpoints.kafka_url) as admin:
        await admin.delete_topics(["enrollments"])
    disaster.stack.stop()
    await disaster.start()
    await disaster.standing_still("./payung recover log")
    for way in (("log",), ("service", "coverage"), ("service", "notifications")):
        assert (await disaster.command("recover", *way))[0] == 0
    await eventually(lambda: settled(disaster.client, disaster.world), 90, every=0.5)
    await eventually(lambda: disaster.stack.is_ready(), 90, every=0.5)


def batches_in(log: Path) -> list[tuple[int, int]]:
    """First and last byte (exclusive) of each batch of a segment."""
    content, found, at = log.read_bytes(), [], 0
    while at + 61 <= len(content) and (length := int.from_bytes(content[at + 8 : at + 12])):
        found.append((at, at + 12 + length))
        at += 12 + length
    return found


def segments(disaster, topic: str) -> list[Path]:
    return sorted((disaster.stack.data / "kafka/data").glob(f"{topic}-*/*.log"))


async def test_a_log_that_lost_its_tail_in_a_power_cut_is_completed(disaster):
    """Kafka starts after it as after any crash: it keeps what is whole."""
    for topic in ("partners", "enrollments"):
        for log in segments(disaster, topic):
            if len(found := batches_in(log)) > 1:
                os.truncate(log, found[-1][0] + 30)
    for name in (".kafka_cleanshutdown", "recovery-point-offset-checkpoint"):
        (disaster.stack.data / "kafka/data" / name).unlink(missing_ok=True)
    await disaster.start()
    await disaster.standing_still("the log ends at", "./payung recover log")
    for way in (("log",), ("service", "coverage"), ("service", "notifications")):
        assert (await disaster.command("recover", *way))[0] == 0
    await eventually(lambda: settled(disaster.client, disaster.world), 90, every=0.5)
    await eventually(lambda: disaster.stack.is_ready(), 90, every=0.5)


async def test_a_garbled_batch_is_passed_by_the_command_that_the_halt_names(disaster):
    """Who reads the topic again meets it; what it held is published again."""
    log = max(segments(disaster, "enrollments"), key=lambda log: len(batches_in(log)))
    start, end = batches_in(log)[1]
    with log.open("r+b") as file:
        file.seek((start + 61 + end) // 2)
        file.write(b"\xff\x00\xff")
    await disaster.start()
    for service in ("coverage", "notifications"):
        assert (await disaster.command("recover", "service", service))[0] == 0
    await disaster.standing_still("the batch there is damaged")

    async def nobody_stands_still() -> bool:
        _, _, line = await disaster.command("status")
        for found in re.findall(r"consumer resume (\w+) --skip-to (\d+)", line):
            assert (await disaster.command("consumer", "resume", found[0], "--skip-to", found[1], "--dry-run"))[0] == 0
            await disaster.command("consumer", "resume", found[0], "--skip-to", found[1])
        return not line

    await eventually(nobody_stands_still, 120, every=1)
    code, told, _ = await disaster.command("recover", "log")
    assert code == 0
    assert "damaged and left out: enrollments" in told
    await eventually(lambda: settled(disaster.client, disaster.world), 90, every=0.5)
    await eventually(lambda: disaster.stack.is_ready(), 90, every=0.5)
