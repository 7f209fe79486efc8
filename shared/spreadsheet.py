"""Rows as CSV that a spreadsheet opens as the texts and numbers they are: no cell becomes a formula there.

For programs CSV is as RFC 4180 has it. A spreadsheet in Indonesia takes only `;` for a separator and a comma for the
mark before a fraction, and would make a number or a day of `33.10`: `INDONESIAN` is what opens right there.

`guarded` puts an apostrophe where a cell could begin with a formula: at the start of the text, and after each character
that another program may take for the end of a cell. `unguarded` takes exactly those away again.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import IO, Any, Final, NamedTuple

_SIGNS: Final = "=+\\-@＝＋－＠﹢﹣﹦﹫"
"""What a formula begins with, also full-width and small, as some languages' spreadsheets take it."""
_ENDS: Final = ";\\t|\\r\\n"
"""Where a cell may end for a program that separates otherwise. We separate by commas and quote a cell that has one."""
_UNSEEN: Final = (
    " '\"\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\xa0\\xad"
    "\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff"
)
"""What may precede the sign: blanks, zero-width characters, quotes, an apostrophe of our own or of somebody else."""
_AT_START: Final = f"[{_UNSEEN}\\t\\r\\n]*[{_SIGNS}]|'*[\\t\\r\\n]"
_WITHIN: Final = f"[{_UNSEEN}]*[{_SIGNS}]"
_HARMLESS: Final = "(?:\\+\\d+|-)\\Z"
"""A whole cell that is a phone number such as `+6281234567002`, or a lone `-`."""
_TO_GUARD: Final = re.compile(f"\\A(?={_AT_START})(?!{_HARMLESS})|(?<=[{_ENDS}])(?={_WITHIN})")
_GUARD: Final = re.compile(f"\\A'(?={_AT_START})|(?<=[{_ENDS}])'(?={_WITHIN})")
_SUSPECT: Final = re.compile(f"[{_SIGNS}]|\\A'*[\\t\\r\\n]")
_NO_PLAIN_NUMBER: Final = re.compile(r"\+?\d[\d+\-.,:/ ]*|\d+[.,]?\d*[Ee]\+?\d+")
"""Digits with marks among them: what a spreadsheet may turn into another number, a day or a time."""
_STAYS: Final = re.compile(r"0|-?[1-9]\d{0,10}|\d{4}-\d\d-\d\d|\d{1,2}[/-]\d{1,2}[/-]\d{4}|-")
"""A short number or a day, which a spreadsheet may take for what it is."""
_AS_TEXT: Final = re.compile(r'="([\d+\-.,:/ Ee]+)"')


class Dialect(NamedTuple):
    """What separates cells, the mark before a fraction, and whether `="33.10"` is written, which stays a text."""

    separator: str = ","
    decimal: str = "."
    is_for_spreadsheets: bool = False


PLAIN: Final = Dialect()
INDONESIAN: Final = Dialect(";", ",", True)


def as_csv(header: Sequence[str] | None, rows: Iterable[Sequence[Any]], dialect: Dialect = PLAIN) -> str:
    """The CSV text, lines ended by CR LF; None is an empty cell, numbers stay numbers. A header of None: no header."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n", delimiter=dialect.separator)
    if header is not None:
        writer.writerow([guarded(name) for name in header])
    written = _for_spreadsheets if dialect.is_for_spreadsheets else guarded
    writer.writerows([written(value) for value in row] for row in rows)
    return text.getvalue()


def _for_spreadsheets(value: Any) -> Any:
    if isinstance(value, float):
        return str(value).replace(".", ",")
    if isinstance(value, str) and _NO_PLAIN_NUMBER.fullmatch(value) and not _STAYS.fullmatch(value):
        return f'="{value}"'
    return guarded(value)


class CsvWriter:
    """Writes rows into a file as `as_csv` gives them, behind a byte order mark for spreadsheets."""

    def __init__(self, file: IO[bytes], header: Sequence[str], dialect: Dialect = PLAIN) -> None:
        self._file, self._dialect = file, dialect
        file.write(as_csv(header, [], dialect).encode("utf-8-sig"))

    def add(self, rows: Iterable[Sequence[Any]]) -> None:
        self._file.write(as_csv(None, rows, self._dialect).encode())

    def close(self) -> None:
        """There is nothing left to write."""


def guarded(value: Any) -> Any:
    """A text that a spreadsheet would compute gets an apostrophe in front: `=1+1` → `'=1+1`, `a;@x` → `a;'@x`.

    A lone `-` is no formula, and neither is a phone number such as `+6281234567002`.
    """
    return _TO_GUARD.sub("'", value) if isinstance(value, str) and _SUSPECT.search(value) else value


def unguarded(text: str) -> str:
    """The text as it was written into a file; other texts are not changed, but for an apostrophe before a formula, and
    `="33.10"`, which is 33.10."""
    if found := _AS_TEXT.fullmatch(text):
        return found[1]
    return _GUARD.sub("", text) if "'" in text else text
