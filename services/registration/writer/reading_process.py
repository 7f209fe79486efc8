"""Large lists are read in a process of their own: the second core reads while the first one writes.

It holds nothing that is not read again: where it is killed, the upload begins anew behind what was taken.
"""

import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, nullcontext, suppress
from typing import BinaryIO

import msgspec

from services.registration.intake.columns import FileKind
from services.registration.intake.files import child_process, table_reader, workbooks
from services.registration.intake.row_reader import RowReader
from services.registration.intake.values import Refusal
from services.registration.vault import KeyedHashes
from services.registration.writer import lines, reading_child
from services.registration.writer.lines import Line
from services.registration.writer.reading_child import Read, ToRead
from services.registration.writer.uploads import Asked, Upload
from shared.regions import Regions

LARGE = 1 << 20
"""Bytes of a file from which on a process, which takes half a second to start, is worth it: some 10,000 rows."""

Frames = Iterator[bytes]


class ReaderKilled(Exception):
    """Somebody, or the want of memory, ended the process that read the list."""


class ReadingFailed(Exception):
    """The process could not read the list; its log says why."""


def is_worth_it(kind: FileKind, file: BinaryIO) -> bool:
    file.flush()
    return kind in lines.SENT and os.fstat(file.fileno()).st_size >= LARGE


def read(
    asked: Asked, file: BinaryIO, hashes: KeyedHashes, regions: Regions, held: ExitStack, goes_on: Callable[[], bool]
) -> Upload | Refusal | None:
    """As `uploads.read`, which the process calls. Raises ReaderKilled, ReadingFailed, or OSError as that does, also
    while the lines are read."""
    is_text = table_reader.is_text(file)
    with nullcontext() if is_text else workbooks.turn():
        child = held.enter_context(child_process.started(reading_child.__name__, file, stdin=subprocess.PIPE))
        assert child.stdin is not None
        with suppress(BrokenPipeError), child.stdin as to_child:  # of one that ended already, which its frames show
            to_child.write(reading_child.encoded(ToRead(asked, hashes.hash_key)))
        frames = _frames(child)
        while not (first := next(frames)):
            if not goes_on():
                return None
    answer = msgspec.msgpack.decode(first, type=Read)
    if answer.found is None:
        return answer.refusal
    table, options, findings = answer.found.table, answer.found.options, answer.found.findings
    reader = RowReader(asked.kind, table.header, asked.context(regions, options), findings)
    pieces = _pieces(frames, asked, table.rows)
    return Upload(asked.at, table, reader, options, findings, answer.found.columns, answer.found.preview, pieces)


def _pieces(frames: Frames, asked: Asked, rows: int) -> Iterator[Sequence[Line]]:
    at = asked.at
    while at < rows:
        piece = lines.decode(asked.kind, next(frames))
        yield piece
        at += len(piece)


def _frames(child: "subprocess.Popen[bytes]") -> Frames:
    """Never ends of itself: whoever reads knows what is to come."""
    assert child.stdout is not None
    while True:
        head = child.stdout.read(reading_child.SIZE)
        size = int.from_bytes(head, "little")
        content = child.stdout.read(size)
        if len(head) < reading_child.SIZE or len(content) < size:
            raise _problem(child.wait())
        yield content


def _problem(code: int) -> Exception:
    if code == reading_child.NOT_NOW:
        return OSError("the process that reads a list lacks what it needs of the machine")
    return ReadingFailed() if code > 0 else ReaderKilled()
