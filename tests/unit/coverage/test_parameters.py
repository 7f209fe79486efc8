"""How query parameters are read: times with every way of writing them, and who accepts a spreadsheet."""

from datetime import UTC, date, datetime, timedelta
from urllib.parse import quote

import pytest
from fastapi import Request

from services.coverage.api import parameters
from services.coverage.figures import Dimensions
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
    assert parameters.iso(parameters.known_at(request(f"known_at={text}"))) == expected


def test_an_answer_never_says_to_be_known_at_a_time_to_come() -> None:
    said = parameters.known_at_text(parameters.known_at(request("known_at=2199-12-31")))
    assert said is not None
    assert abs(datetime.fromisoformat(said) - datetime.now(UTC)) < timedelta(minutes=1)


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


@pytest.mark.parametrize(
    ("query", "day"),
    [
        ("as_of=2026-10-05", "2026-10-05"),
        ("month=2026-10", "2026-10-31"),
        ("month=2024-02", "2024-02-29"),
        ("quarter=2026-Q3", "2026-09-30"),
        ("quarter=2026q4", "2026-12-31"),
        ("", "2021-01-01"),
    ],
)
def test_a_day_is_also_the_last_one_of_a_month_or_quarter(query: str, day: str) -> None:
    assert parameters.as_of(request(query), date(2021, 1, 1)).isoformat() == day


@pytest.mark.parametrize(
    "query", ["month=2026-13", "month=2026", "quarter=2026-Q5", "month=9999-12", "as_of=2026-10", "month=2026-10-01"]
)
def test_a_day_that_is_none_is_refused_with_what_is_allowed(query: str) -> None:
    with pytest.raises(Problem) as refused:
        parameters.as_of(request(query), date(2021, 1, 1))
    assert refused.value.extra["field"] == query.partition("=")[0]


def test_two_ways_to_give_the_day_are_refused() -> None:
    with pytest.raises(Problem) as refused:
        parameters.as_of(request("as_of=2026-10-31&month=2026-10"), date(2021, 1, 1))
    assert refused.value.extra["field"] == "month"


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("from=2020-11&to=2021-02", ["2020-11", "2020-12", "2021-01", "2021-02"]),
        ("from=2021-01-31&to=2021-01-02", ["2021-01"]),
        ("to=2021-01", ["2020-02", "2021-01"]),
        ("", ["2025-12", "2026-11"]),
    ],
)
def test_months_are_those_from_one_to_the_other(query: str, names: list[str]) -> None:
    found = [month.name for month in parameters.months(request(query), date(2026, 11, 27))]
    assert (found[0], found[-1]) == (names[0], names[-1])
    assert len(found) == (len(names) if "from" in query else 12)


@pytest.mark.parametrize("query", ["from=2021-02&to=2021-01", "from=1990-01&to=2021-01", "to=2258-01", "from=x"])
def test_months_that_are_none_or_too_many_are_refused(query: str) -> None:
    with pytest.raises(Problem):
        parameters.months(request(query), date(2026, 11, 27))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("33", "33"),
        ("33.11", "33.11"),
        ("jawa tengah", "33"),
        ("Provinsi Jawa Tengah", "33"),
        ("DKI Jakarta", "31"),
        ("Indonesia", "ID"),
        ("sumbagsel", "sumbagsel"),
        ("Kota Tangerang", "36.71"),
        ("Kab. Sukoharjo", "33.11"),
        ("Gorontalo", "75"),
        ("", "ID"),
    ],
)
def test_a_region_is_asked_for_by_code_or_name(text: str, code: str) -> None:
    assert parameters.region(request(f"region={quote(text)}")) == code


def test_a_name_that_several_regions_have_is_refused_with_each_of_them() -> None:
    with pytest.raises(Problem) as refused:
        parameters.region(request("region=Tangerang"))
    assert refused.value.extra["allowed"] == ["36.03 (Kabupaten Tangerang)", "36.71 (Kota Tangerang)"]
    with pytest.raises(Problem) as unknown:
        parameters.region(request("region=Atlantis"))
    assert unknown.value.status == 404


def test_only_some_values_of_a_dimension_are_asked_for() -> None:
    values = Dimensions(("JKK", "JKM")).values
    found = parameters.chosen(request("programme=JKM,JKK&kind=individual"), values)
    assert found == {"programme": ("JKK", "JKM"), "kind": ("individual",)}
    with pytest.raises(Problem) as refused:
        parameters.chosen(request("programme=JHT"), values)
    assert refused.value.extra["allowed"] == ["JKK", "JKM"]
