"""Workbooks (XLSX, XLSM, XLS, ODS), opened in a process of their own; here they are lines of cells."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

import msgspec

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


class WorkbookFailed(Exception):
    """The process that reads the workbook ended before it was done."""


@dataclass
class Workbook:
    """What was found out of the workbook, and the rows of its sheet. Raises WorkbookFailed while they are read."""

    reading: dict[str, Any]
    lines: Iterator[Line]


@contextmanager
def opened(file: BinaryIO, kind: str, options: ReadingOptions) -> Iterator[Workbook | Refusal]:
    """The workbook in this file, whose reader ends with the block."""
    descriptor = file.fileno()
    asked = {"sheet": options.sheet, "header_row": options.header_row, "columns": dict(options.columns)}
    command = [sys.executable, "-m", CHILD, str(descriptor), kind, msgspec.json.encode(asked).decode()]
    with subprocess.Popen(  # noqa: S603 - our own module
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, pass_fds=[descriptor], env=_environment()
    ) as child:
        assert child.stdout is not None
        try:
            yield _found(child.stdout)
        finally:
            child.kill()


def _environment() -> dict[str, str]:
    """Ours without the service's secrets."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PAYUNG_")}


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
