"""Rows as a workbook (XLSX) in which texts stay texts: long numbers keep their digits, those typed anew as well."""

from collections.abc import Iterable, Sequence
from typing import IO, TYPE_CHECKING, Any, Final

from shared.spreadsheet import guarded

if TYPE_CHECKING:
    from xlsxwriter.format import Format

MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS: Final = 1_048_575
"""Of a sheet, below its header."""
LONGEST_CELL: Final = 32_767
MOST_EXACT: Final = 10**15
"""A spreadsheet keeps 15 digits of a number; a longer one is written as text."""
CUT: Final = " … (cut: a workbook's cell holds no more; the CSV has it whole)"
WIDTH: Final = 18
"""Characters of a column: the 16 digits of a NIK are seen."""


class WorkbookWriter:
    """Writes one sheet row by row, with constant memory; the file is whole after `close`. Raises TooManyRows."""

    def __init__(self, file: IO[bytes], header: Sequence[str]) -> None:
        import xlsxwriter  # two megabytes that most processes never need

        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self._book = xlsxwriter.Workbook(file, options)
        self._sheet = self._book.add_worksheet("Data")
        self._text = self._book.add_format({"num_format": "@"})
        self._sheet.set_column(0, max(0, len(header) - 1), WIDTH, self._text)
        self._sheet.freeze_panes(1, 0)
        self._sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
        self._rows = 0
        self._write(header, self._book.add_format({"num_format": "@", "bold": True}))

    def add(self, rows: Iterable[Sequence[Any]]) -> None:
        for row in rows:
            if self._rows > MOST_ROWS:
                raise TooManyRows
            self._write(row, self._text)

    def close(self) -> None:
        self._book.close()

    def _write(self, row: Sequence[Any], form: "Format") -> None:
        for column, value in enumerate(row):
            if isinstance(value, int | float) and abs(value) < MOST_EXACT:
                self._sheet.write_number(self._rows, column, value)
            elif value:
                self._sheet.write_string(self._rows, column, _fitting(guarded(str(value))), form)
        self._rows += 1


class TooManyRows(Exception):
    """More rows than a sheet can hold."""


def _fitting(text: str) -> str:
    return text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - len(CUT)] + CUT
