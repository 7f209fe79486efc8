"""Rows as CSV for a spreadsheet; no cell of ours becomes a formula there."""

import csv
import io
from collections.abc import Sequence
from typing import Any

from fastapi import Response

FORMULA = ("=", "+", "-", "@", "\t", "\r")


def answer(name: str, header: Sequence[str], rows: Sequence[Sequence[Any]]) -> Response:
    """A CSV download, UTF-8 with a byte order mark so that Excel reads it as such."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows([safe(value) for value in row] for row in rows)
    disposition = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(text.getvalue().encode("utf-8-sig"), media_type="text/csv; charset=utf-8", headers=disposition)


def safe(value: Any) -> Any:
    """Text that a spreadsheet would compute gets an apostrophe in front; numbers stay numbers."""
    return "'" + value if isinstance(value, str) and value.startswith(FORMULA) else value
