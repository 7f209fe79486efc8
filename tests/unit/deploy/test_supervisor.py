"""The supervisor on processes that cost nothing."""

import errno
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy.local import process, supervisor
from deploy.local.console import Console
from deploy.local.failure import Failure
from deploy.local.parts import Part
from deploy.local.process import Command
from deploy.local.supervisor import Supervisor
from tests.waiting import eventually

SLEEPS = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]
IGNORES_SIGNALS = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(60)",
]
ENDS = [sys.executable, "-c", "raise SystemExit(3)"]


class Story:
    """A supervisor's logs, the lines it reported, and parts to give it."""

    def __init__(self, logs: Path) -> None:
        self.logs, self.lines, self.order = logs, [], []
        self.supervisor: Supervisor | None = None

    def part(self, name: str, argv: list[str], **more: object) -> Part:
        log = self.logs / f"{name}.log"

        async def ready() -> bool:
            return log.exists() and "up" in log.read_text()

        return Part(name, lambda: Command(argv), ready, name, prepare=lambda: self.order.append(name), **more)

    def of(self, *stages: list[Part]) -> Supervisor:
        self.supervisor = Supervisor(list(stages), self.logs, "unit", self.lines.append)
        return self.supervisor

    def state(self, name: str) -> dict[str, object]:
        assert self.supervisor
        return next(running.as_json() for running in self.supervisor.parts if running.part.name == name)


@pytest.fixture
async def story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Story]:
    monkeypatch.setattr(supervisor, "FIRST_PAUSE", 0.05)
    monkeypatch.setattr(supervisor, "POLL", 0.01)
    story = Story(tmp_path)
    yield story
    if story.supervisor:
        await story.supervisor.stop()


async def test_stages_start_one_after_the_other(story: Story) -> None:
    await story.of([story.part("base", SLEEPS)], [story.part("above", SLEEPS)]).start()
    assert story.order == ["base", "above"]
    assert [line.split()[0] for line in story.lines] == ["base", "above"]
    assert story.state("above")["state"] == "running"


async def test_a_part_that_dies_again_and_again_waits_longer_each_time(story: Story) -> None:
    with pytest.raises(Failure, match=r"ends ended with exit code 3 4 times before it was ready: see .*ends\.log"):
        await story.of([story.part("ends", ENDS)]).start()
    assert [line.partition(" (log")[0] for line in story.lines] == [
        f"ends ended with exit code 3; started again in {pause} s" for pause in ("0.05", "0.1", "0.2")
    ]


async def test_a_part_that_ends_while_the_disk_is_full_waits_for_room_and_then_starts_at_once(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    await story.of([story.part("store", SLEEPS)]).start()
    with monkeypatch.context() as full:
        full.setattr(supervisor, "ROOM", shutil.disk_usage(story.logs).total + 1)
        os.kill(int(str(story.state("store")["pid"])), signal.SIGKILL)
        await eventually(lambda: story.state("store")["state"] == supervisor.DISK_FULL)
        assert f"store was killed by SIGKILL: the disk of {story.logs.parent} is full" in story.lines[-1]
    await eventually(lambda: story.state("store")["state"] == "running")
    assert "started again in 0.05 s" in story.lines[-2]


async def test_a_part_that_does_not_become_ready_is_named_with_its_log(story: Story) -> None:
    silent = [sys.executable, "-c", "import time; time.sleep(60)"]
    with pytest.raises(Failure, match=r"silent was not ready within 0 s: see .*silent\.log"):
        await story.of([story.part("silent", silent, starts_within=0.2)]).start()


async def test_a_part_that_ignores_the_request_to_end_is_killed_and_named(story: Story) -> None:
    supervised = story.of([story.part("stubborn", IGNORES_SIGNALS, stops_within=0.2)])
    await supervised.start()
    await supervised.stop()
    assert "stubborn did not stop within 0.2 s and was killed" in story.lines
    assert story.state("stubborn")["pid"] is None


async def test_a_part_that_makes_no_progress_is_restarted(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never() -> bool:
        return False

    monkeypatch.setattr(supervisor, "UNRESPONSIVE_AFTER", 0.0)
    monkeypatch.setattr(supervisor, "CHECK_EVERY", 0.01)
    await story.of([story.part("stuck", SLEEPS, alive=never)]).start()
    await eventually(lambda: story.state("stuck")["restarts"] == 1)
    assert "stuck made no progress for 0 s" in story.lines


async def test_stopping_twice_does_no_harm(story: Story) -> None:
    supervised = story.of([story.part("base", SLEEPS)])
    await supervised.start()
    await supervised.stop()
    await supervised.stop()
    assert story.state("base")["state"] == "stopped"


def test_a_log_that_grew_too_large_is_moved_aside_while_it_is_written(tmp_path: Path) -> None:
    log = tmp_path / "kafka.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"x" * 100)
        process.limit_log(log, 50)
        writer.write(b"next")
    assert log.read_bytes() == b"next"
    assert (tmp_path / "kafka.log.1").read_bytes() == b"x" * 100


def test_a_full_disk_costs_the_older_log_and_the_line_but_not_the_stack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (tmp_path / "kafka.log").write_bytes(b"x" * 100)
    monkeypatch.setattr(shutil, "copyfile", full)
    process.limit_log(tmp_path / "kafka.log", 50)
    assert (tmp_path / "kafka.log").read_bytes() == b""
    Console(Path("/dev/full"), silent=True).print("it goes on")


def test_a_process_that_ended_needs_no_stopping(tmp_path: Path) -> None:
    child = process.spawn(Command(["true"]), tmp_path / "log", "unit")
    child.wait()
    assert process.stop(child, signal.SIGTERM, 1)
