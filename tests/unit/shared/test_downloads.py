"""Who asks decides how a table is written: a program, or a person's spreadsheet."""

import pytest
from starlette.requests import Request

from shared import downloads
from shared.spreadsheet import INDONESIAN, PLAIN, Dialect


@pytest.mark.parametrize(
    ("headers", "dialect"),
    [
        ({}, PLAIN),
        ({"accept-language": "id-ID,id;q=0.9,en;q=0.8"}, INDONESIAN),
        ({"accept-language": "en-US,en;q=0.9,id;q=0.8"}, PLAIN),
        ({"accept-language": "en", "cookie": "payung_language=id"}, INDONESIAN),
        ({"accept-language": "id", "cookie": "payung_language=en"}, PLAIN),
    ],
)
def test_a_browser_in_indonesian_gets_csv_for_its_spreadsheet(headers: dict[str, str], dialect: Dialect) -> None:
    sent = [(name.encode(), value.encode()) for name, value in headers.items()]
    assert downloads.dialect_of(Request({"type": "http", "headers": sent})) == dialect


def test_a_files_name_is_safe_in_a_header() -> None:
    named = downloads.headers('daftar "x"\r\n; Ö', "xlsx")["content-disposition"]
    assert named == 'attachment; filename="daftar-x-.xlsx"'
