"""A workbook's cells as the texts that the rest of the reading takes, as a spreadsheet's CSV would have them."""

from datetime import date, datetime, time
from typing import Any, Final

from shared.spreadsheet import unguarded

EXACT_BELOW: Final = 10**15
"""Spreadsheets keep fifteen digits of a number; longer ones end in zeros that nobody typed."""


def text_of(value: Any) -> str:
    """The text of a cell.

    Whole numbers are digits, days ISO dates. A number of sixteen digits or more is written as `3.31100020275006E+15`:
    its end is lost, and it must not pass for an identifier.
    """
    if isinstance(value, str):
        return unguarded(value)  # our own CSV, saved as a workbook
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return _number(float(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "seconds")
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _number(value: float) -> str:
    if abs(value) >= EXACT_BELOW:
        return f"{value:.14E}"
    if value.is_integer():
        return str(int(value))
    text = f"{value:.10f}".rstrip("0")
    decimals = text.partition(".")[2]
    return text + "0" if len(decimals) == 3 else text  # 1.125 would be read as thousands
