"""The command line as a user meets it: exit codes, one line for a failure, never a traceback."""

import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from deploy.local.commands import key
from deploy.local.directory import ROOT


def payung(*arguments: str, cwd: Path = ROOT) -> "subprocess.CompletedProcess[str]":
    argv = [sys.executable, "-P", "-m", "deploy.local", *arguments]
    return subprocess.run(argv, capture_output=True, text=True, check=False, cwd=cwd, env={"PYTHONPATH": str(ROOT)})


def test_help_names_the_commands() -> None:
    result = payung("--help")
    assert result.returncode == 0
    assert all(f" {command} " in result.stdout for command in ("up", "down", "status", "test", "bench"))


@pytest.mark.parametrize(
    "wrong",
    [
        ["fly"],
        ["up", "--fast"],
        ["up", "--ports", "many"],
        ["up", "--ports", "70000"],
        ["up", "--data", ""],
        ["backup"],
        ["consumer", "resume", "partners", "--skip-to", "-1"],
        ["bench", "fast"],
        ["key", "issue", "dinas", "--expires", "tomorrow"],
        ["import", "banana", str(ROOT / "README.md"), "--agency", "x"],
        ["import", "partners", str(ROOT / "README.md"), "--agency", "x", "--list-date", "31-12-2021"],
        ["import", "partners", str(ROOT / "README.md"), "--agency", "x", "--require", "nib"],
    ],
)
def test_wrong_usage_is_exit_code_2(wrong: list[str]) -> None:
    result = payung(*wrong)
    assert result.returncode == 2
    assert "Traceback" not in result.stderr


def test_a_key_is_valid_to_the_end_of_its_last_day_in_jakarta() -> None:
    assert key._end_of(datetime(2027, 1, 31)) == "2027-02-01T00:00:00+07:00"


def test_status_without_a_stack_is_exit_code_1_and_one_line(tmp_path: Path) -> None:
    result = payung("status", "--json", "--data", "here", cwd=tmp_path)
    assert result.returncode == 1
    assert result.stderr == "payung: no stack is up on here\n"
    assert '"running": false' in result.stdout
    assert not (tmp_path / "here").exists()


def test_down_without_a_stack_is_done(tmp_path: Path) -> None:
    result = payung("down", "--data", str(tmp_path / "never"))
    assert (result.returncode, result.stdout) == (0, f"nothing is running on {tmp_path / 'never'}\n")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["up", "--data", "/proc/payung"], "cannot use /proc/payung for the data"),
    ],
)
def test_what_cannot_be_done_is_one_line_on_stderr(arguments: list[str], reason: str) -> None:
    result = payung(*arguments)
    assert result.returncode == 1
    assert result.stderr.startswith(f"payung: {reason}")
    assert result.stderr.count("\n") == 1


def test_tests_pass_arguments_through_and_end_like_every_command() -> None:
    result = payung(
        "test", "--collect-only", "-q", "tests/contract/test_compose.py", "-k", "pinned", "-p", "no:cacheprovider"
    )
    assert result.returncode == 0
    assert "test_an_image_is_pinned_to_a_full_version[kafka]" in result.stdout
    assert payung("test", "tests/nowhere", "-p", "no:cacheprovider").returncode == 2
    nothing = ("tests/contract/test_compose.py", "-k", "nosuchtest", "-p", "no:cacheprovider")
    assert payung("test", *nothing).returncode == 1


def test_what_a_newcomer_needs_comes_first() -> None:
    result = payung("--help").stdout
    assert result.index(" up ") < result.index(" down ") < result.index(" status ") < result.index(" import ")
