"""A table that somebody downloads: CSV or a workbook, as a program or a person's spreadsheet reads it."""

import re
from collections.abc import Sequence
from typing import IO, Final, Literal

from starlette.requests import Request

from shared import spreadsheet_workbook
from shared.spreadsheet import INDONESIAN, PLAIN, CsvWriter, Dialect
from shared.spreadsheet_workbook import WorkbookWriter
from shared.web import language

Form = Literal["csv", "xlsx"]
FORMS: Final[tuple[Form, ...]] = ("csv", "xlsx")
MEDIA_TYPES: Final[dict[Form, str]] = {"csv": "text/csv; charset=utf-8", "xlsx": spreadsheet_workbook.MEDIA_TYPE}


def dialect_of(request: Request) -> Dialect:
    """How CSV is written for whoever asks: for a browser in Indonesian as a spreadsheet in Indonesia reads it."""
    return INDONESIAN if language.asked_for(request.cookies, request.headers) == "id" else PLAIN


def writer(form: Form, file: IO[bytes], header: Sequence[str], dialect: Dialect) -> CsvWriter | WorkbookWriter:
    """What writes rows behind this header into the file."""
    return WorkbookWriter(file, header) if form == "xlsx" else CsvWriter(file, header, dialect)


def headers(name: str, form: Form) -> dict[str, str]:
    """The name under which the table is saved; caches tell languages apart."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name)
    return {"content-disposition": f'attachment; filename="{plain}.{form}"', "vary": "Accept-Language, Cookie"}
