"""Rows as CSV that a spreadsheet opens as the texts and numbers they are: no cell becomes a formula there."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

_FORMULA: Final = re.compile(r"\s*[=+\-@]|[\t\r]")
_PHONE: Final = re.compile(r"\+\d+")


def as_csv(header: Sequence[str] | None, rows: Iterable[Sequence[Any]]) -> str:
    """The CSV text, lines ended by CR LF; None is an empty cell, numbers stay numbers. A header of None: no header."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    if header is not None:
        writer.writerow([guarded(name) for name in header])
    writer.writerows([guarded(value) for value in row] for row in rows)
    return text.getvalue()


def guarded(value: Any) -> Any:
    """A text that a spreadsheet would compute gets an apostrophe in front: `=1+1`, ` +1`, `@x`, a leading tab.

    A lone `-` is no formula, and neither is a phone number such as `+6281234567002`.
    """
    return "'" + value if isinstance(value, str) and _is_formula(value) else value


def _is_formula(text: str) -> bool:
    return bool(_FORMULA.match(text)) and text != "-" and not _PHONE.fullmatch(text)
