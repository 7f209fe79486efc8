"""Rows as a CSV download."""

from collections.abc import Sequence
from typing import Any

from fastapi import Response

from shared.spreadsheet import as_csv


def answer(name: str, header: Sequence[str], rows: Sequence[Sequence[Any]]) -> Response:
    """A CSV download, UTF-8 with a byte order mark so that Excel reads it as such."""
    disposition = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    content = as_csv(header, rows).encode("utf-8-sig")
    return Response(content, media_type="text/csv; charset=utf-8", headers=disposition)
