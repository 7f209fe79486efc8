"""Every command that a runbook gives for the embedded stack is run and answers, on a stack that has dead letters."""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.directory import ROOT
from deploy.local.endpoints import load_endpoints
from tests.kafka_clients import open_producer
from tests.stack import Stack
from tests.waiting import eventually

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif("PAYUNG_TEST_LONG" not in os.environ, reason="a minute: ./payung test --long runs it"),
]

RUNBOOKS = sorted((ROOT / "docs/runbooks").glob("*.md"))
EXAMPLE = "enrollments/3/17"
"""The dead letter that the runbooks name."""
ENDS_THE_STACK = {"down", "up"}
NOTHING_TO_DO = ("there are no such dead letters", "no service stands still on", "nothing is set aside")
"""What a command says that found nothing to mend: an answer, not a failure."""


def commands(text: str) -> Iterator[list[str]]:
    for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL):
        for line in block.splitlines():
            words = shlex.split(line, comments=True)
            if words[:1] == ["./payung"] and words[1] not in ENDS_THE_STACK:
                yield words[1:]


@pytest.fixture(scope="module")
async def stack(tmp_path_factory):
    running = Stack(tmp_path_factory.mktemp("runbooks") / "data", options=("--empty",))
    await running.start()
    yield running
    running.stop()


@pytest.mark.parametrize("runbook", RUNBOOKS, ids=lambda each: each.stem)
async def test_each_command_does_what_the_runbook_says(stack: Stack, runbook: Path, tmp_path: Path) -> None:
    letter = await dead_letter(stack)
    (tmp_path / "KEY").write_text("only for tests\n")
    for words in commands(runbook.read_text()):
        argv = [word.replace(EXAMPLE, letter) for word in words]
        done = payung(*argv, stack=stack, folder=tmp_path)
        print(argv, done.returncode, done.stdout[-500:], done.stderr)
        found_nothing = any(each in done.stderr + done.stdout for each in NOTHING_TO_DO)
        assert done.returncode == 0 or (done.returncode == 1 and found_nothing), (argv, done.stderr)
        assert done.stderr.count("\n") <= 2, "one line"


async def dead_letter(stack: Stack) -> str:
    """The id of a dead letter of enrolments, made if there is none."""

    async with open_producer(load_endpoints(stack.data).kafka_url) as producer:
        headers = [("ce_type", b"enrollment.registered")]
        await producer.send_and_wait("enrollments", b"{garbage", key=b"k", headers=headers)

    def found() -> str | None:
        rows = json.loads(payung("dlq", "list", "--json", stack=stack, folder=stack.data).stdout)
        return next((row["ids"][-1] for row in rows if row["topic"] == "enrollments"), None)

    return await eventually(found, 60, every=1)


def payung(*arguments: str, stack: Stack, folder: Path) -> "subprocess.CompletedProcess[str]":
    argv = [sys.executable, "-m", "deploy.local", *arguments, "--data", str(stack.data)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(argv, capture_output=True, text=True, check=False, cwd=folder, env=environment, timeout=200)
