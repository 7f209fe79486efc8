"""Rows as a CSV or workbook download."""

import io
from collections.abc import Sequence
from typing import Any

from fastapi import Response

from shared import downloads
from shared.downloads import Form
from shared.spreadsheet import Dialect


def answer(name: str, header: Sequence[str], rows: Sequence[Sequence[Any]], form: Form, dialect: Dialect) -> Response:
    content = io.BytesIO()
    writer = downloads.writer(form, content, header, dialect)
    writer.add(rows)
    writer.close()
    return Response(content.getvalue(), media_type=downloads.MEDIA_TYPES[form], headers=downloads.headers(name, form))
