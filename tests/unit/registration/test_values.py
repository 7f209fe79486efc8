"""What agencies really type into cells is understood, or refused with its reason."""

from datetime import date

import pytest

from services.registration.intake import values
from services.registration.intake.values import Refusal


@pytest.mark.parametrize("text", ["3576022510960000", "'3576022510960000", "357602.251096.0000", "357602 251096 0000"])
def test_a_nik_may_be_typed_with_separators(text: str) -> None:
    assert values.nik(text) == "3576022510960000"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("3,57602E+15", "nik_excel_damaged"),
        ("3.57602e+15", "nik_excel_damaged"),
        ("35760", "invalid_nik"),
        ("٣" * 16, "invalid_nik"),
    ],
)
def test_a_bad_nik_says_why(text: str, code: str) -> None:
    answer = values.nik(text)
    assert isinstance(answer, Refusal)
    assert answer.code == code


def test_an_absent_nik_is_refused_only_where_it_is_required() -> None:
    assert values.nik("-") is None
    answer = values.nik("", required=True)
    assert isinstance(answer, Refusal)
    assert answer.code == "missing_nik"


@pytest.mark.parametrize(
    "text",
    ["2021-12-31", "31/12/2021", "31 Des 2021", "31-Des-21", "31 Desember 2021", "31 Dec 2021", "44561"],
)
def test_a_day_may_be_written_in_many_ways(text: str) -> None:
    assert values.day(text) == date(2021, 12, 31)


@pytest.mark.parametrize("text", ["31/02/2021", "2021-13-01", "31 Foo 2021", "soon", "", "99999"])
def test_what_is_no_day_is_refused(text: str) -> None:
    answer = values.day(text, "listed_on")
    assert isinstance(answer, Refusal)
    assert (answer.code, answer.field) == ("invalid_date", "listed_on")


@pytest.mark.parametrize("text", ["8400000", "8.400.000", "Rp8.400.000", "Rp. 8.400.000,-", "Rp 8.400.000,00"])
def test_an_amount_may_be_written_in_four_ways(text: str) -> None:
    assert values.amount(text) == 8_400_000


@pytest.mark.parametrize("text", ["0", "", "8.40", "-5", "gratis", "1,5"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    assert isinstance(values.amount(text), Refusal)


@pytest.mark.parametrize(("text", "number"), [("5", 5), ("5 orang", 5), ("-", None), ("", None)])
def test_a_head_count_may_say_orang(text: str, number: int | None) -> None:
    assert values.count(text) == number


@pytest.mark.parametrize("text", ["lima", "5 org", "-5", "5.5"])
def test_what_is_no_head_count_is_refused(text: str) -> None:
    assert isinstance(values.count(text), Refusal)


@pytest.mark.parametrize("text", ["0860-0000-1836", "+62 860 0000 1836", "86000001836", "6286000001836"])
def test_a_phone_becomes_e164(text: str) -> None:
    assert values.phone(text) == ("+6286000001836", False)


def test_an_unusable_phone_is_no_phone_and_says_so() -> None:
    assert values.phone("12") == (None, True)
    assert values.phone("-") == (None, False)
