"""No secret of a running stack stands where other users of the machine can read it."""

import json
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.stack import Stack

MAIL_PASSWORD = "password-of-the-mail-server"
MAIL = f"smtp://me:{MAIL_PASSWORD}@127.0.0.1:1"


@pytest.fixture(scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """The real stack with its real services."""
    stack = Stack(tmp_path_factory.mktemp("secrets") / "data", options=("--empty", "--smtp", MAIL))
    await stack.start()
    yield stack
    stack.stop()


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    else:
        yield str(value)


def secrets_of(stack: Stack) -> set[str]:
    """Every password and key, and the mail server's."""
    return {MAIL_PASSWORD, *texts(json.loads((stack.data / "secrets.json").read_text()))}


def of_every_process(name: str) -> dict[str, str]:
    """Process id → the text of this file of /proc."""
    found: dict[str, str] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            found[folder.name] = (folder / name).read_bytes().decode(errors="replace")
    return found


async def test_no_secret_stands_in_any_command_line(running: Stack) -> None:
    secrets, lines = secrets_of(running), of_every_process("cmdline")
    assert len(secrets) >= 10
    assert sum(str(running.data) in line or "services." in line for line in lines.values()) >= 4
    assert not [line for line in lines.values() for secret in secrets if secret in line]


async def test_no_secret_stands_in_a_log_or_in_a_file_for_others(running: Stack) -> None:
    secrets = secrets_of(running)
    for log in (running.log, *(running.data / "logs").iterdir()):
        assert not [secret for secret in secrets if secret in log.read_text(errors="replace")], log
    for folder, _, files in os.walk(running.data):
        for file in (Path(folder, name) for name in files):
            if file.stat().st_mode & 0o044 and file.stat().st_size < 1 << 20:
                content = file.read_bytes()
                assert not [secret for secret in secrets if secret.encode() in content], file


async def test_a_secret_is_in_the_environment_of_those_alone_who_need_it(running: Stack) -> None:
    secrets = json.loads((running.data / "secrets.json").read_text())
    parts = {part["name"]: str(part["pid"]) for part in running.status()["parts"]}
    environments = of_every_process("environ")
    holders = {
        MAIL_PASSWORD: {"notifications"},
        secrets["secret"]: {"registration"},
        **{password: {role} for role, password in secrets["roles"].items()},
    }
    for secret, allowed in holders.items():
        assert {name for name, pid in parts.items() if secret in environments[pid]} == allowed
