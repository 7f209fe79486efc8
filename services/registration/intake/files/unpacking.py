"""A table that was sent packed, by gzip or as the one file of a zip archive, unpacked within bounds."""

import gzip
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from tempfile import TemporaryFile
from typing import BinaryIO, Protocol

from services.registration.intake.files.file_format import DAMAGED, Format, file_format
from services.registration.intake.values import Refusal

MOST_BYTES = 1 << 30
MOST_RATIO = 200
"""Bytes that one packed byte may stand for, beyond the first UNSUSPECTED; lists of businesses pack to a tenth."""
UNSUSPECTED = 64 << 20
BLOCK = 1 << 20
TOO_LARGE = Refusal("malformed", "file", f"This file unpacks to more than {MOST_BYTES >> 20} MiB: send it in parts.")
BOMB = Refusal(
    "malformed", "file", f"This archive unpacks to more than {MOST_RATIO} times its size: send the table unpacked."
)
NESTED = Refusal("malformed", "file", "This archive holds another archive: send the table itself.")
SEVERAL = Refusal("malformed", "file", "This archive does not hold exactly one file: send one table at a time.")
PROTECTED = Refusal("malformed", "file", "This archive is protected by a password: send the table without one.")
_PROBLEMS = (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError)


class _Packed(Protocol):
    def read(self, size: int, /) -> bytes: ...


def unpacked(file: BinaryIO) -> tuple[BinaryIO, Format] | Refusal:
    """The file itself, or what it packs as a temporary file; never an archive. At most MOST_BYTES are unpacked."""
    kind = file_format(file)
    if isinstance(kind, Refusal):
        return kind
    if kind not in ("gzip", "zip"):
        return file, kind
    size = file.seek(0, 2)
    try:
        with _packed(file, kind) as packed:
            inner = packed if isinstance(packed, Refusal) else _copied(packed, size)
    except _PROBLEMS:
        return DAMAGED
    return inner if isinstance(inner, Refusal) else _judged(inner)


def beginning(file: BinaryIO, kind: Format, most: int) -> tuple[BinaryIO, Format, bool] | Refusal | None:
    """At most so many bytes of a text, or of what gzip or zip packs, as a temporary file, its format, and whether it is
    cut off; None where these bytes alone cannot be judged, as those of a packed workbook."""
    try:
        with _packed(file, kind) as packed:
            if isinstance(packed, Refusal):
                return packed
            content = _at_most(packed, most + 1)
    except _PROBLEMS:
        return DAMAGED
    inner = TemporaryFile()  # noqa: SIM115 - closed by whoever reads it
    inner.write(content[:most])
    found = _judged(inner)
    is_cut = len(content) > most
    if is_cut and kind != "text" and (isinstance(found, Refusal) or found[1] not in ("text", "ndjson")):
        inner.close()
        return None
    return found if isinstance(found, Refusal) else (*found, is_cut)


def _judged(inner: BinaryIO) -> tuple[BinaryIO, Format] | Refusal:
    found = file_format(inner)
    if isinstance(found, Refusal) or found in ("gzip", "zip"):
        inner.close()
        return found if isinstance(found, Refusal) else NESTED
    return inner, found


@contextmanager
def _packed(file: BinaryIO, kind: Format) -> Iterator[_Packed | Refusal]:
    """What is packed, to be read, or the file itself where it is no archive."""
    file.seek(0)
    with ExitStack() as stack:
        if kind == "gzip":
            yield stack.enter_context(gzip.GzipFile(fileobj=file))
        elif kind == "zip":
            yield _entry(stack.enter_context(zipfile.ZipFile(file)), stack)
        else:
            yield file


def _entry(archive: zipfile.ZipFile, stack: ExitStack) -> _Packed | Refusal:
    entries = [each for each in archive.infolist() if not each.is_dir() and not each.filename.startswith("__MACOSX/")]
    if len(entries) != 1:
        return SEVERAL
    if entries[0].flag_bits & 1:
        return PROTECTED
    return stack.enter_context(archive.open(entries[0]))


def _at_most(packed: _Packed, most: int) -> bytes:
    """So many bytes of it, or all."""
    blocks, left = [], most
    while left and (block := packed.read(min(BLOCK, left))):
        blocks.append(block)
        left -= len(block)
    return b"".join(blocks)


def _copied(packed: _Packed, size: int) -> BinaryIO | Refusal:
    """What is packed in so many bytes."""
    suspect = max(UNSUSPECTED, size * MOST_RATIO)
    with ExitStack() as stack:
        plain = stack.enter_context(TemporaryFile())
        while block := packed.read(BLOCK):
            if plain.tell() + len(block) > min(MOST_BYTES, suspect):
                return TOO_LARGE if suspect > MOST_BYTES else BOMB
            plain.write(block)
        stack.pop_all()  # from here on it is closed by whoever reads it
    plain.seek(0)
    return plain
