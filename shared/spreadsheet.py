"""Rows as CSV that a spreadsheet opens as the texts and numbers they are: no cell becomes a formula there.

`guarded` puts an apostrophe where a cell could begin with a formula: at the start of the text, and after each character
that another program may take for the end of a cell. `unguarded` takes exactly those away again.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import IO, Any, Final

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


def as_csv(header: Sequence[str] | None, rows: Iterable[Sequence[Any]]) -> str:
    """The CSV text, lines ended by CR LF; None is an empty cell, numbers stay numbers. A header of None: no header."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    if header is not None:
        writer.writerow([guarded(name) for name in header])
    writer.writerows([guarded(value) for value in row] for row in rows)
    return text.getvalue()


class CsvWriter:
    """Writes rows into a file as `as_csv` gives them."""

    def __init__(self, file: IO[bytes], header: Sequence[str]) -> None:
        self._file = file
        file.write(as_csv(header, []).encode())

    def add(self, rows: Iterable[Sequence[Any]]) -> None:
        self._file.write(as_csv(None, rows).encode())

    def close(self) -> None:
        """There is nothing left to write."""


def guarded(value: Any) -> Any:
    """A text that a spreadsheet would compute gets an apostrophe in front: `=1+1` → `'=1+1`, `a;@x` → `a;'@x`.

    A lone `-` is no formula, and neither is a phone number such as `+6281234567002`.
    """
    return _TO_GUARD.sub("'", value) if isinstance(value, str) and _SUSPECT.search(value) else value


def unguarded(text: str) -> str:
    """The text as it was before `guarded`; other texts are not changed, but for an apostrophe before a formula."""
    return _GUARD.sub("", text) if "'" in text else text
