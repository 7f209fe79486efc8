"""The beginning of a file, enough to show how it is read: bounded in bytes, rows and time, however large the file."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from services.registration.intake.columns import FileKind
from services.registration.intake.files import table_source, unpacking, workbook_beginning
from services.registration.intake.files.file_format import Format, file_format
from services.registration.intake.files.reading_options import ReadingOptions
from services.registration.intake.files.table_source import Lines
from services.registration.intake.files.tables import Line
from services.registration.intake.values import Refusal

MOST_BYTES = 2 << 20
MOST_ROWS = 2_000
WORKBOOK_SECONDS = 1.2


class Lookahead:
    """The first lines of a table; `is_whole` says, once they were read, whether no others follow."""

    def __init__(self, lines: Iterator[Line], *, is_cut: bool) -> None:
        self._lines, self._is_cut, self.is_whole = lines, is_cut, False

    def __iter__(self) -> Iterator[Line]:
        """Where the file's beginning is cut off, so is its last line: that one is left out."""
        held: Line | None = None
        for count, line in enumerate(self._lines):
            if held is not None:
                yield held
            if count >= MOST_ROWS:
                return
            held = line
        if held is not None and not self._is_cut:
            yield held
        self.is_whole = not self._is_cut


@contextmanager
def opened(file: BinaryIO, kind: FileKind, options: ReadingOptions) -> Iterator[tuple[Lines, bool] | Refusal | None]:
    """(the table in the file's beginning, whether that is cut off); None where a beginning shows nothing, as of a
    workbook in an archive. Raises NotInTime for a workbook that takes long."""
    found = plain(file)
    if found is None or isinstance(found, Refusal):
        yield found
        return
    beginning, name, is_cut = found
    try:
        with table_source.of_plain(beginning, name, kind, options, WORKBOOK_SECONDS) as lines:
            yield lines if isinstance(lines, Refusal) else (lines, is_cut)
    finally:
        if beginning is not file:
            beginning.close()


def plain(file: BinaryIO) -> tuple[BinaryIO, Format, bool] | Refusal | None:
    """(the beginning unpacked, its format, whether it is cut off): a temporary file, or the file itself."""
    name = file_format(file)
    if isinstance(name, Refusal):
        return name
    if name == "xlsx" and (short := workbook_beginning.shortened(file)):
        return short, name, True
    if name in ("xlsx", "xls", "ods"):
        return file, name, False
    return unpacking.beginning(file, name, MOST_BYTES)
