"""A table that was sent packed, by gzip or as the one file of a zip archive, unpacked within bounds."""

import gzip
import zipfile
import zlib
from contextlib import ExitStack
from tempfile import TemporaryFile
from typing import BinaryIO, Protocol

from services.registration.intake.files.file_format import DAMAGED, Format, file_format
from services.registration.intake.values import Refusal

MOST_BYTES = 256 << 20
BLOCK = 1 << 20
TOO_LARGE = Refusal("malformed", "file", f"This file unpacks to more than {MOST_BYTES >> 20} MiB: send it in parts.")
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
    try:
        inner = _from_gzip(file) if kind == "gzip" else _from_zip(file)
    except _PROBLEMS:
        return DAMAGED
    if isinstance(inner, Refusal):
        return inner
    found = file_format(inner)
    if isinstance(found, Refusal) or found in ("gzip", "zip"):
        inner.close()
        return found if isinstance(found, Refusal) else NESTED
    return inner, found


def _from_gzip(file: BinaryIO) -> BinaryIO | Refusal:
    with gzip.GzipFile(fileobj=file) as packed:
        return _copied(packed)


def _from_zip(file: BinaryIO) -> BinaryIO | Refusal:
    with zipfile.ZipFile(file) as archive:
        entries = [
            each for each in archive.infolist() if not each.is_dir() and not each.filename.startswith("__MACOSX/")
        ]
        if len(entries) != 1:
            return SEVERAL
        if entries[0].flag_bits & 1:
            return PROTECTED
        with archive.open(entries[0]) as packed:
            return _copied(packed)


def _copied(packed: _Packed) -> BinaryIO | Refusal:
    with ExitStack() as stack:
        plain = stack.enter_context(TemporaryFile())
        while block := packed.read(BLOCK):
            if plain.tell() + len(block) > MOST_BYTES:
                return TOO_LARGE
            plain.write(block)
        stack.pop_all()  # from here on it is closed by whoever reads it
    plain.seek(0)
    return plain
