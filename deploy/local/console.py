"""Prints what happens for the user, one line at a time, and keeps the lines in DIR/logs/stack.log."""

import time
from contextlib import suppress
from pathlib import Path

from rich.console import Console as Terminal

_STAMP = len("2026-01-01T00:00:00Z ")


class Console:
    """`log` keeps every line with its time; a `silent` console writes only there."""

    def __init__(self, log: Path, silent: bool = False) -> None:
        self._log, self.silent = log, silent
        self._terminal = Terminal(highlight=False, soft_wrap=True)
        self._busy = self._terminal.status("") if self._terminal.is_terminal and not silent else None

    def say(self, line: str) -> None:
        """A line that stays, unless the disk is full: saying something must not end the stack."""
        with suppress(OSError), self._log.open("a") as file:
            file.write(f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} {line}\n")
        if not self.silent:
            show(line, self._terminal)

    def busy(self, line: str) -> None:
        """What is being done right now: a moving line on a terminal, nothing elsewhere."""
        if self._busy:
            self._busy.update(line)
            self._busy.start()

    def idle(self) -> None:
        if self._busy:
            self._busy.stop()


def show(line: str, terminal: Terminal) -> None:
    """Print it; should the terminal have gone away, the log still has it."""
    with suppress(OSError):
        terminal.print(line, markup=False)


def without_stamp(line: str) -> str:
    return line[_STAMP:]
