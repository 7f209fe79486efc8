"""Child processes that end with their parent and can be found again by the stack they belong to."""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deploy.local.unprivileged import User

MARK = "PAYUNG_STACK"
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38

ALLOCATOR = {"MALLOC_ARENA_MAX": "2"}
"""A heap of its own for each thread keeps memory that nobody uses any more."""


@dataclass(frozen=True)
class Command:
    """What to run: arguments, what is added to the environment, the signal that asks for a quick clean end, and as whom
    (None: as ourselves). Another user starts without any capability, in a directory that it need not be able to reach.
    """

    argv: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    user: User | None = None


def spawn(command: Command, log: Path, mark: str) -> "subprocess.Popen[bytes]":
    """Start the command with its output appended to `log`; it gets its stop signal should this process die."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(
            command.argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**ALLOCATOR, **os.environ, **command.environment, MARK: mark},
            cwd=command.cwd,
            start_new_session=True,
            preexec_fn=_dies_with(os.getpid(), command.stop_signal) if sys.platform == "linux" else None,
            **as_user(command.user),
        )


def as_user(user: User | None) -> dict[str, Any]:
    """Arguments of `subprocess` that run a child as this user, who keeps none of our groups."""
    return {} if user is None else {"user": user.uid, "group": user.gid, "extra_groups": []}


def _dies_with(parent: int, death_signal: signal.Signals) -> Callable[[], None]:
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def in_child() -> None:
        prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)  # after a change of user, which would undo it
        prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        if os.getppid() != parent:  # the parent died before the line above
            os._exit(1)

    return in_child


def stop(process: "subprocess.Popen[bytes]", how: signal.Signals, within: float) -> bool:
    """Ask the process to end; kill its whole group if it is still there `within` seconds later. True: no need to."""
    if process.poll() is not None:
        return True
    process.send_signal(how)
    try:
        process.wait(within)
        return True
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return False


def limit_log(log: Path, limit: int) -> None:
    """Move what was written so far aside (one older file is kept) once the log is larger than `limit` bytes."""
    if log.exists() and log.stat().st_size > limit:
        with suppress(OSError):  # a full disk has no room for it
            shutil.copyfile(log, log.with_suffix(".log.1"))
        os.truncate(log, 0)  # the writers append, so they go on at the new end


def wait_until(condition: Callable[[], bool], within: float, every: float = 0.05) -> bool:
    """True as soon as the condition holds, False when it does not within so many seconds."""
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True
