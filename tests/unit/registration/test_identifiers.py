"""NIK, NIB and NIK Koperasi are read through everything that people and spreadsheets put around or in place of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registration.intake.cells import identifiers, placeholders
from services.registration.intake.values import Refusal

NIK = "3576022510960000"
MARKS = ["\u200b", "\u202a", "\u202c", "\u200e", "\ufeff", "\u00a0", "\u2013", "\u2060", " ", ".", "-", "'", "\u2019"]


@given(st.text(alphabet="0123456789 .-'=\"E+()NIKB\u0663", max_size=30) | st.from_regex(r"\W?[0-9]{10,18}\W?"))
def test_every_text_that_is_a_number_is_recognised_quickly(text: str) -> None:
    for number in (identifiers.nib(text), identifiers.nik(text)):
        assert not isinstance(number, str) or identifiers.may_hold_number(text)


def code(answer: object) -> str | None:
    return answer.code if isinstance(answer, Refusal) else None


@pytest.mark.parametrize(
    "text",
    [
        NIK,
        f"'{NIK}",
        "357602.251096.0000",
        "357602 251096 0000",
        f'="{NIK}"',
        f"NIK: {NIK}",
        f"No. KTP {NIK}",
        f"{NIK} (KTP)",
        f"NIK{NIK}",
        f"KTP-{NIK}",
        f"\u2019{NIK}",
        f"\u202a{NIK}\u202c",
    ],
)
def test_a_nik_may_be_typed_with_separators_and_marks(text: str) -> None:
    assert identifiers.nik(text) == NIK


@given(st.lists(st.tuples(st.integers(0, 16), st.sampled_from(MARKS)), max_size=6))
def test_marks_anywhere_in_a_number_do_not_matter(marks: list[tuple[int, str]]) -> None:
    text = "3311000101800015"
    for at, mark in marks:
        text = text[:at] + mark + text[at:]
    assert identifiers.nik(text) == "3311000101800015"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3,57602E+15", "nik_excel_damaged"),
        ("3.57602e+15", "nik_excel_damaged"),
        (f"{NIK}.0", "nik_excel_damaged"),
        (f"{NIK},00", "nik_excel_damaged"),
        ("35760", "invalid_nik"),
        ("3576011O01802000", "invalid_nik"),
        ("٣" * 16, "invalid_nik"),
    ],
)
def test_a_bad_nik_says_why(text: str, expected: str) -> None:
    assert code(identifiers.nik(text)) == expected


@pytest.mark.parametrize(
    "text", ["0", "000", "#N/A", "NULL", "BELUM ADA", "belum  punya", "Proses OSS", "x", "-", "\u2013"]
)
def test_a_placeholder_is_no_number(text: str) -> None:
    assert identifiers.nik(text) is identifiers.nib(text) is identifiers.nik_koperasi(text) is None
    assert code(identifiers.nik(text, required=True)) == "missing_nik"
    assert identifiers.is_left_out(text, None) == (text not in ("-", "\u2013"))


@pytest.mark.parametrize(
    "text", ["090/SKU/180/2025", "510/123/IUMK/2020", "P-IRT 0000000000001-29", "SIUP 123", "510/123/2020"]
)
def test_the_number_of_another_licence_is_left_out(text: str) -> None:
    assert identifiers.nib(text) is None
    assert identifiers.is_left_out(text, None)


@pytest.mark.parametrize("text", ["0000-1", "00001234567890", "1,23457E+12", "00001000A0001", "812O001234567"])
def test_digits_of_a_wrong_length_are_no_nib(text: str) -> None:
    assert code(identifiers.nib(text)) == "invalid_nib"


def test_a_nib_survives_being_a_number_where_no_digit_was_lost() -> None:
    assert identifiers.nib("8120001234567.0") == "8120001234567"
    assert code(identifiers.nib("100008801.0")) == "invalid_nib"


@pytest.mark.parametrize("text", ["NIB-9120000000011", "NIB9120000000011", "NIB. No. 9120000000011", "'9120000000011"])
def test_a_nib_may_stand_behind_its_label(text: str) -> None:
    assert identifiers.nib(text) == "9120000000011"


@pytest.mark.parametrize("text", ["1" * 16, "9" * 16, "1234567890123456", "3311000000000000", "3311060000000000"])
def test_digits_that_fill_a_cell_are_nobodys_nik(text: str) -> None:
    assert identifiers.nik(text) is None
    assert identifiers.is_left_out(text, None)


@pytest.mark.parametrize("text", ["1" * 13, "9" * 13, "1234567890123", "9120000000000"])
def test_digits_that_fill_a_cell_are_no_businesss_number(text: str) -> None:
    assert identifiers.nib(text) is identifiers.nik_koperasi(text) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [("ZZ900001", "ZZ900001"), ("00000000101.0", "00000000101"), ("0", ""), ("0.0", ""), ("Proses", ""), ("", "")],
)
def test_a_number_of_an_office_is_taken_as_it_is_written(text: str, number: str) -> None:
    assert identifiers.given_by_an_office(text, "ref") == number


def test_numbers_that_a_spreadsheet_made_alike_are_refused() -> None:
    assert code(identifiers.given_by_an_office("1,23E+10", "participant_no")) == "invalid_value"


@pytest.mark.parametrize(("text", "number"), [("3311.0000.00901", "3311000000901"), ("12345", None), ("9" * 17, None)])
def test_a_nik_koperasi_has_10_to_16_digits(text: str, number: str | None) -> None:
    assert identifiers.nik_koperasi(text) == number


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (identifiers.nik, identifiers.nib, identifiers.nik_koperasi):
        answer = read(text)
        assert answer is None or isinstance(answer, Refusal) or (answer.isascii() and answer.isdigit())
    assert placeholders.given(placeholders.given(text)) == placeholders.given(text)
