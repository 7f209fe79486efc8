"""How query parameters are read: times with every way of writing them, and who accepts a spreadsheet."""

from urllib.parse import quote

import pytest
from fastapi import Request

from services.coverage.api import parameters
from shared.problems import Problem

SECOND = 1_768_014_000
"""2026-01-10 10:00:00 in Jakarta."""


def request(query: str = "", accept: str = "*/*") -> Request:
    headers = [(b"accept", accept.encode())]
    return Request({"type": "http", "query_string": query.encode(), "headers": headers})


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-10T03:00:00Z",
        "2026-01-10t03:00:00z",
        "2026-01-10T03:00:00.999Z",
        "2026-01-10T10:00:00+07:00",
        "2026-01-10t10:00:00 07:00",
        "2026-01-10 10:00:00+07:00",
    ],
)
def test_one_instant_is_understood_however_it_is_written(text: str) -> None:
    assert parameters.known_at(request(f"known_at={quote(text)}")) == SECOND


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-10", "2026-01-10T16:59:59Z"),
        ("1900-01-01", "1900-01-01T16:59:59Z"),
        ("1900-01-01T00:00:00.5Z", "1900-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
    ],
)
def test_any_instant_may_be_asked_about(text: str, expected: str) -> None:
    assert parameters.known_at_text(parameters.known_at(request(f"known_at={text}"))) == expected


@pytest.mark.parametrize("text", ["2026-01-10T10:00:00", "2026-02-30", "1768014000", "0001-01-01T00:00:00%2B07:00"])
def test_what_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises(Problem):
        parameters.known_at(request(f"known_at={text}"))


@pytest.mark.parametrize(
    ("accept", "csv"),
    [
        ("text/*", True),
        ("text/csv, */*", True),
        ("text/csv;q=0.5, */*", False),
        ("text/csv;q=0, */*", False),
        ("text/html, */*;q=0.8", False),
        ("application/xml", False),
    ],
)
def test_the_most_exact_media_type_in_accept_decides(accept: str, csv: bool) -> None:
    assert parameters.table_form(request(accept=accept)) == ("csv" if csv else None)
