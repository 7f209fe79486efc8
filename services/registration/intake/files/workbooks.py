"""Workbooks (XLSX, XLSM, XLS, ODS), opened in a process of their own; here they are lines of cells."""

import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

import msgspec

from services.registration.intake.files import child_process
from services.registration.intake.files.reading_options import ReadingOptions
from services.registration.intake.files.tables import Line
from services.registration.intake.values import Refusal

CHILD = "services.registration.intake.files.workbook_child"
TOO_LARGE = Refusal(
    "malformed",
    "file",
    "This workbook needs more memory or time than one may take: save the sheet as CSV and send that.",
)
_decode_row = msgspec.json.Decoder(tuple[int, tuple[str, ...]]).decode


_decode_window = msgspec.json.Decoder(tuple[str, list[tuple[int, tuple[str, ...]]]]).decode
_one_at_a_time = threading.Lock()
"""Held while a whole workbook is read: however many wait, only one takes the memory that a workbook may take."""


class WorkbookFailed(Exception):
    """The process that reads the workbook ended before it was done."""


class NotInTime(Exception):
    """The workbook could not be opened within the time given."""


@dataclass
class Workbook:
    """What was found out of the workbook, and the rows of its sheet. Raises WorkbookFailed while they are read."""

    reading: dict[str, Any]
    lines: Iterator[Line]


@contextmanager
def opened(
    file: BinaryIO, kind: str, options: ReadingOptions, seconds: float | None = None
) -> Iterator[Workbook | Refusal]:
    """The workbook in this file, whose reader ends with the block. Raises NotInTime after so many seconds of waiting
    for it, if they are given."""
    asked = {"sheet": options.sheet, "header_row": options.header_row, "columns": dict(options.columns)}
    with turn(seconds) as left, _reader(file, kind, asked) as child:
        assert child.stdout is not None
        with _ended_after(child, left) as is_late:
            found = _found(child.stdout)
        if is_late():
            raise NotInTime
        yield found


@contextmanager
def windows(
    file: BinaryIO, kind: str, options: ReadingOptions, seconds: float | None = None
) -> Iterator[Iterator[tuple[str, list[Line]]]]:
    """The first lines of every sheet that may be read, by its name. Raises NotInTime, as `opened` does."""
    asked = {"sheet": options.sheet, "only_beginnings": True}
    with turn(seconds) as left, _reader(file, kind, asked) as child:
        assert child.stdout is not None
        with _ended_after(child, left) as is_late:
            found = [_decode_window(each) for each in child.stdout if each.startswith(b"[") and each.endswith(b"\n")]
        if is_late():
            raise NotInTime
        yield ((sheet, [Line(number, number, cells) for number, cells in rows]) for sheet, rows in found)


@contextmanager
def _reader(file: BinaryIO, kind: str, asked: dict[str, Any]) -> Iterator["subprocess.Popen[bytes]"]:
    """The process that reads the workbook, ended with the block."""
    settings = msgspec.json.encode(asked).decode()
    with child_process.started(CHILD, file, kind, settings, stderr=subprocess.DEVNULL) as child:
        yield child


@contextmanager
def turn(seconds: float | None = None) -> Iterator[float | None]:
    """Our turn to open a workbook, and how many of the seconds are left. Raises NotInTime if it does not come."""
    begun = time.monotonic()
    if not _one_at_a_time.acquire(timeout=-1 if seconds is None else seconds):
        raise NotInTime
    try:
        yield None if seconds is None else max(0.0, begun + seconds - time.monotonic())
    finally:
        _one_at_a_time.release()


@contextmanager
def _ended_after(child: "subprocess.Popen[bytes]", seconds: float | None) -> Iterator[Callable[[], bool]]:
    """Ends the process if the block takes longer than so many seconds; yields whether it did."""
    is_late = threading.Event()

    def end() -> None:
        is_late.set()
        child.kill()

    timer = threading.Timer(seconds, end) if seconds is not None else None
    if timer is not None:
        timer.start()
    try:
        yield is_late.is_set
    finally:
        if timer is not None:
            timer.cancel()


def _found(out: Any) -> Workbook | Refusal:
    first = out.readline()
    if not first.endswith(b"\n"):
        return TOO_LARGE
    reading: dict[str, Any] = msgspec.json.decode(first)
    if "refused" in reading:
        return Refusal("malformed", reading.get("field", "file"), reading["refused"])
    return Workbook(reading, _rows(out))


def _rows(out: Any) -> Iterator[Line]:
    for text in out:
        if text.startswith(b"{"):
            return
        number, cells = _decode_row(text)
        yield Line(number, number, cells)
    raise WorkbookFailed
