"""The process in which a large list is read, so that the service's own does nothing but write.

`python -m services.registration.writer.reading_child FD` reads from its standard input what is `ToRead` of the file
behind the descriptor, and writes frames to its standard output: four bytes with the size, then the content. Empty
frames say that it goes on; then one with what was `Read`, then pieces of the file's lines until there are no more.
It ends with the service: whatever it writes then has no reader.
"""

import ctypes
import os
import signal
import sys
from contextlib import ExitStack
from types import MappingProxyType
from typing import Any, BinaryIO

import msgspec

from services.registration.intake.cells.column_findings import ColumnFindings
from services.registration.intake.column_report import Column
from services.registration.intake.files.reading_options import ReadingOptions
from services.registration.intake.files.tables import Table
from services.registration.intake.values import Refusal
from services.registration.vault import KeyedHashes
from services.registration.writer import lines, uploads
from services.registration.writer.uploads import Asked
from shared.observability import configure_logging, get_logger
from shared.regions import Regions

log = get_logger(__name__)

SIZE = 4
"""Bytes of a frame's size, the lowest first."""
NOT_NOW = os.EX_TEMPFAIL
"""How it exits where the machine is at fault, as by a full disk, and the same may do later."""
_PR_SET_PDEATHSIG = 1


class ToRead(msgspec.Struct):
    """The key is that of the hashes: nothing that is sealed can be opened with it."""

    asked: Asked
    hash_key: bytes


class Found(msgspec.Struct):
    """A file as it was read, but for its rows."""

    table: Table
    options: ReadingOptions
    findings: ColumnFindings
    columns: list[Column]
    preview: bytes | None


class Read(msgspec.Struct):
    """What was found, or why the file is refused."""

    found: Found | None = None
    refusal: Refusal | None = None


def encoded(value: Any) -> bytes:
    return msgspec.msgpack.encode(value, enc_hook=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, MappingProxyType):
        return dict(value)
    raise NotImplementedError(type(value))


def main(descriptor: int, out: BinaryIO) -> None:
    wanted = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=ToRead)
    asked = wanted.asked

    def goes_on() -> bool:
        _send(out, b"")
        return True

    with os.fdopen(descriptor, "rb") as file, ExitStack() as held:
        upload = uploads.read(asked, file, KeyedHashes(wanted.hash_key), Regions.load(), held, goes_on)
        assert upload is not None, "it always goes on"
        if isinstance(upload, Refusal):
            _send(out, encoded(Read(refusal=upload)))
            return
        found = Found(upload.table, upload.options, upload.findings, upload.columns, upload.preview)
        _send(out, encoded(Read(found)))
        for piece in upload.pieces:
            _send(out, lines.encode(piece))


def _send(out: BinaryIO, content: bytes) -> None:
    out.write(len(content).to_bytes(SIZE, "little"))
    out.write(content)
    out.flush()


def _own_output() -> BinaryIO:
    """Our standard output for frames alone: whatever else is printed goes where errors go."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return out


def _end_with_the_service() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)


if __name__ == "__main__":
    _end_with_the_service()
    configure_logging("registration")
    frames = _own_output()
    try:
        main(int(sys.argv[1]), frames)
    except BrokenPipeError:
        os._exit(0)  # the service ended, or stopped reading
    except Exception as problem:
        log.error("reading a list failed", exc_info=True)
        os._exit(NOT_NOW if isinstance(problem, OSError) else 1)
