"""Prints the progress of a stack for the user, one line at a time, and writes the lines to DIR/logs/stack.log."""

import time
from contextlib import suppress
from pathlib import Path

from rich.console import Console as Terminal

_TIME_WIDTH = len("2026-01-01T00:00:00Z ")


class Console:
    """`log` keeps every line with its time; a `silent` console writes only there."""

    def __init__(self, log: Path, silent: bool = False) -> None:
        self._log, self.silent = log, silent
        self._terminal = Terminal(highlight=False, soft_wrap=True)
        self._busy = self._terminal.status("") if self._terminal.is_terminal and not silent else None

    def print(self, line: str) -> None:
        """Print and log a line; on a full disk it is not logged, which must not end the stack."""
        with suppress(OSError), self._log.open("a") as file:
            file.write(f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} {line}\n")
        if not self.silent:
            print_line(line, self._terminal)

    def show(self, line: str) -> None:
        """Print a line that must not be in the log, such as a link that signs in."""
        if not self.silent:
            print_line(line, self._terminal)

    def busy(self, line: str) -> None:
        """What is being done right now: a moving line on a terminal, nothing elsewhere."""
        if self._busy:
            self._busy.update(line)
            self._busy.start()

    def idle(self) -> None:
        """Nothing is being done any more."""
        if self._busy:
            self._busy.stop()


def print_line(line: str, terminal: Terminal) -> None:
    """Print the line; where the terminal is gone, the log still has it."""
    with suppress(OSError):
        terminal.print(line, markup=False)


def without_time(line: str) -> str:
    return line[_TIME_WIDTH:]
