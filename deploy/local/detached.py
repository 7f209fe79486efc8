"""A stack in the background: start it, wait for it, stop it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console

from deploy.local import directory, process, sign_in, stale_processes, up
from deploy.local.console import print_line, without_time
from deploy.local.endpoints import load_endpoints
from deploy.local.failure import Failure

STOPPED_WITHIN = 90.0


def start(options: up.Options, arguments: list[str], environment: dict[str, str]) -> None:
    """Start `up` with these arguments in the background and return when it is ready; prints its progress."""
    home = directory.opened(options.data)
    log = home.file("logs/stack.log")
    log.touch()
    with log.open() as lines, home.file("logs/up.log").open("w") as output:
        lines.seek(0, os.SEEK_END)
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "deploy.local", "up", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, **environment, "PAYUNG_SILENT": "1"},
        )
        try:
            _follow(child, options.data, lines)
        except KeyboardInterrupt:
            child.send_signal(signal.SIGTERM)
            child.wait()
            raise
    if child.poll() is not None and up.phase(options.data) != "ready":  # ready: another call's stack
        raise Failure(_reason(home.file("logs/up.log")))
    for line in sign_in.lines(load_endpoints(options.data), options.data):
        print(line)


def _follow(child: "subprocess.Popen[bytes]", data: Path, lines) -> None:  # type: ignore[no-untyped-def]
    console, ready = Console(highlight=False, soft_wrap=True), False
    while True:
        ready = ready or (up.phase(data) == "ready")
        for line in lines:
            print_line(without_time(line.rstrip("\n")), console)
        if ready or child.poll() is not None:
            return
        time.sleep(0.05)


def _reason(output: Path) -> str:
    last = output.read_text().strip().splitlines()[-1:] or ["the stack did not start"]
    return f"{last[0].removeprefix('payung: ')} (all of it: {output})"


def wait_ready(data: Path, within: float = 120) -> None:
    """Wait for a stack that somebody else is starting."""
    if not process.wait_until(lambda: up.phase(data) == "ready" or up.running(data) is None, within):
        raise Failure(f"the stack on {data} is still starting after {within:.0f} s: see {data / 'logs/stack.log'}")
    if up.running(data) is None:
        raise Failure(f"the stack on {data} stopped while it was starting: see {data / 'logs/stack.log'}")


def stop(data: Path) -> bool:
    """Stop the stack of this directory, and what a killed one left behind. False: there was nothing to stop."""
    if not data.is_dir():
        return False
    pid = up.running(data)
    if pid is None:
        return _clear(data) > 0
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        pass
    except PermissionError as error:
        raise Failure(f"the stack on {data} belongs to another user (process {pid})") from error
    if not process.wait_until(lambda: up.running(data) is None, STOPPED_WITHIN):
        raise Failure(f"the stack on {data} (process {pid}) did not stop within {STOPPED_WITHIN:.0f} s")
    return True


def _clear(data: Path) -> int:
    home = directory.opened(data)
    with directory.held(home):
        return stale_processes.clear(home)
