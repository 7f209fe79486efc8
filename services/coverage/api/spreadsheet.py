"""Rows as a CSV or workbook download."""

import codecs
import io
from collections.abc import Sequence
from typing import Any

from fastapi import Response

from shared import downloads
from shared.downloads import Form
from shared.spreadsheet import Dialect


def answer(name: str, header: Sequence[str], rows: Sequence[Sequence[Any]], form: Form, dialect: Dialect) -> Response:
    """The download; CSV has a byte order mark in any case, so that Excel reads it as UTF-8."""
    content = io.BytesIO()
    writer = downloads.writer(form, content, header, dialect)
    writer.add(rows)
    writer.close()
    mark = b"" if form == "xlsx" or dialect.is_for_spreadsheets else codecs.BOM_UTF8
    return Response(
        mark + content.getvalue(), media_type=downloads.MEDIA_TYPES[form], headers=downloads.headers(name, form)
    )
