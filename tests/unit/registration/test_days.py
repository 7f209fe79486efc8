"""Days are understood as they are really written, or refused; none is guessed."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registration.intake.cells import days
from services.registration.intake.values import Refusal
from shared import jakarta


@pytest.mark.parametrize(
    "text",
    [
        *("20211231", "'31/12/2021", "Friday, December 31, 2021", "Jum\u2019at, 31 Desember 2021"),
        *("2021-12-31", "31/12/2021", "31-12-2021", "31.12.2021", "31 Des 2021", "31-Des-21", "31 Desember 2021"),
        *("31 Dec 2021", "44561", "44561,0", "44561.75", "2021-12-31 00:00:00", "2021-12-31T08:30:00Z", "31/12/21"),
        *("31/12/2021 10.30", "Jumat, 31 Desember 2021", "December 31, 2021", "31DES2021", "\u200e31/12/2021"),
        *("31\u201312\u20132021", "31\u201012\u20102021"),
    ],
)
def test_a_day_may_be_written_in_many_ways(text: str) -> None:
    assert days.day(text) == date(2021, 12, 31)


@pytest.mark.parametrize(
    "text", ["2021-12-30T17:00:00.000Z", "2021-12-30 17:00:00+00:00", "2021-12-31T16:59Z", "2021-12-31T23:59:59+07:00"]
)
def test_a_moment_with_its_distance_from_greenwich_lies_on_its_day_in_jakarta(text: str) -> None:
    assert days.day(text) == date(2021, 12, 31)


@pytest.mark.parametrize(
    "text",
    [
        "2021-12-31T25:00Z",
        "31/02/2021",
        "2021-13-01",
        "31 Foo 2021",
        "31 Ju 2021",
        "soon",
        "",
        "99999",
        "12/31/2021",
        "31122021",
        "20211331",
        "9" * 5000,
        "1E5",
    ],
)
def test_what_is_no_day_is_refused(text: str) -> None:
    answer = days.day(text, "listed_on")
    assert isinstance(answer, Refusal)
    assert (answer.code, answer.field) == ("invalid_date", "listed_on")


@pytest.mark.parametrize(
    ("name", "month"),
    [("Mrt", 3), ("Mar", 3), ("Agst", 8), ("Ags", 8), ("Agu", 8), ("Sept", 9), ("Nop", 11), ("Peb", 2)],
)
def test_months_are_abbreviated_in_many_ways(name: str, month: int) -> None:
    assert days.day(f"5 {name} 2024") == days.day(f"05-{name}-24") == date(2024, month, 5)


@pytest.mark.parametrize("names", days.MONTH_NAMES)
def test_any_beginning_of_a_months_name_from_three_letters_is_that_month(names: tuple[str, ...]) -> None:
    month = days.MONTH_NAMES.index(names) + 1
    for name in names:
        for length in range(3, len(name) + 1):
            assert days.day(f"5 {name[:length].title()} 2021") == date(2021, month, 5)


def test_a_year_of_two_digits_is_at_most_a_year_ahead() -> None:
    last = jakarta.today() + timedelta(days=366)
    for year in range(100):
        found = days.day(f"01-Jan-{year:02d}")
        assert isinstance(found, date)
        assert found.year % 100 == year
        assert last.replace(year=last.year - 101) < found <= last
    assert days.day("15-Agu-77") == date(1977, 8, 15)


@given(st.dates(date(1945, 1, 1), date(2100, 1, 1)))
def test_month_first_is_the_mirror_of_day_first(day: date) -> None:
    assert days.day(f"{day:%m/%d/%Y}", read_as="mdy") == days.day(f"{day:%d/%m/%Y}") == day


@given(st.dates(date(1945, 1, 1), date(2100, 1, 1)))
def test_in_a_doubtful_column_a_day_is_right_or_refused(day: date) -> None:
    answer = days.day(f"{day:%m/%d/%Y}", read_as="doubtful")
    if isinstance(answer, Refusal):
        assert answer.code == "ambiguous_date"
        assert day.day <= 12
    else:
        assert answer == day


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "NULL",
        "9999-12-31",
        "31/12/9999",
        "1900-01-01",
        "0000-00-00",
        "00/00/0000",
        "0",
        "00/01/1900",
        "1900-01-00",
        "2958465",
        "2958465.0",
        "1",
        "99991231",
        "9999",
        "Seumur  hidup",
        "masih aktif",
    ],
)
def test_an_end_that_stands_for_none_is_open(text: str) -> None:
    assert days.is_open_end(text)


@pytest.mark.parametrize("text", ["2021-12-31", "31/12/2035", "belum tahu", "31/02/2021"])
def test_another_end_is_not(text: str) -> None:
    assert not days.is_open_end(text)


@given(st.text(max_size=70))
def test_any_text_is_a_day_or_refused(text: str) -> None:
    for read_as in (None, "mdy", "doubtful"):
        assert isinstance(days.day(text, read_as=read_as), date | Refusal)


@pytest.mark.parametrize(
    "text", ["Selasa, 18-11-2025 pukul 09.00", "Selasa/18-11-2025", "Selasa 18 November 2025", "18 Nov 2025, jam 9.00"]
)
def test_a_day_on_an_invitation_has_a_weekday_and_an_hour(text: str) -> None:
    assert days.day(text) == date(2025, 11, 18)
