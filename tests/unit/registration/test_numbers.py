"""Counts, amounts and phone numbers as people and spreadsheets write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registration.intake.cells import numbers, phones
from services.registration.intake.values import Refusal


@pytest.mark.parametrize("text", ["8400000", "8.400.000", "Rp8.400.000", "Rp. 8.400.000,-", "Rp 8.400.000,00",
                                  "8,400,000", "8,400,000.00", "8400000.0", "IDR 8.400.000",
                                  "Rp. 8.400.000,--", "'8400000"])  # fmt: skip
def test_an_amount_may_be_written_in_many_ways(text: str) -> None:
    assert numbers.amount(text) == 8_400_000


@pytest.mark.parametrize("text", ["0", "", "8.40", "-5", "gratis", "1,5", "1.2500", "8,400", "9" * 5000, "1E6"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    assert isinstance(numbers.amount(text), Refusal)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("5", 5),
        ("5 orang", 5),
        ("5 org", 5),
        ("5org.", 5),
        ("± 5", 5),
        ("+/- 5 orang", 5),
        ("5 (lima)", 5),
        ("5 (lima) orang", 5),
        ("5 (Lima orang)", 5),
        ("21 (dua puluh satu)", 21),
        ("112 (seratus dua belas)", 112),
        ("3 pekerja", 3),
        ("10 orang tenaga kerja", 10),
        ("1.250 Karyawan", 1250),
        ("4 Jiwa", 4),
        ("2.0", 2),
        ("2,00", 2),
        ("1.250", 1250),
        ("-", None),
        ("NULL", None),
        ("nihil", 0),
        ("'5", 5),
        ("0", 0),
    ],
)
def test_a_head_count_may_have_a_unit_or_a_fraction_of_zero(text: str, number: int | None) -> None:
    assert numbers.count(text) == number


@pytest.mark.parametrize(
    "text",
    ["lima", "-5", "5.5", "1,5", "2-3", "sekitar 5", "1.25", "5-10", ">5", "5+", "< 10 orang", "5 an", "5 s/d 10",
     "5 (enam)", "5 (sendiri)", "5 (4 L)", "5 orang 3 pekerja", "5 usaha", "3 anggota", "5, 6", "1 250", "orang",
     "± 5-10", "5 (lima" + " lima" * 5000],
)  # fmt: skip
def test_what_is_no_head_count_is_refused(text: str) -> None:
    assert isinstance(numbers.count(text), Refusal)


@pytest.mark.parametrize(("text", "decimal", "number"), [
    ("200.0", None, 200), ("12.5", None, None), ("1.250", None, 1250), ("1,250", None, None), ("1.250,00", None, 1250),
    ("1.250", ".", None), ("1,250", ".", 1250), ("2.000", ".", 2), ("1.250", ",", 1250), ("1,000", ",", 1),
])  # fmt: skip
def test_a_dot_groups_thousands_only_before_three_digits(
    text: str, decimal: numbers.DecimalMark | None, number: int | None
) -> None:
    assert numbers.whole_number(text, decimal) == number


@given(st.integers(0, 10**12))
def test_a_grouped_number_is_that_number(number: int) -> None:
    english = f"{number:,}"
    indonesian = english.replace(",", ".")
    assert numbers.whole_number(str(number)) == numbers.whole_number(indonesian) == number
    assert numbers.whole_number(english, ".") == number
    assert numbers.whole_number(english) in (number, None)


@pytest.mark.parametrize("text", [
    "0860-0000-1836", "+62 860 0000 1836", "86000001836", "6286000001836", "86000001836.0", "086000001836 ext 2",
    "086000001836 / 086000001838", "086000001836, 086000001838", "086000001836 atau 086000001838", "WA 086000001836",
    "+62 (0)860 0000 1836", "086000001836 - 086000001838", "086000001836 086000001838", "\u202a086000001836\u202c",
    "(0271) 123 / 086000001836", "+6286000001836+6286000001838", "0860 0000 1836",
    "+62 0860-0000-1836", "006286000001836",
])  # fmt: skip
def test_the_first_whole_phone_number_is_taken(text: str) -> None:
    assert phones.phone(text) == ("+6286000001836", False)


@pytest.mark.parametrize(
    "text",
    [
        "12",
        "hp istri",
        "(0271) 000000",
        "08600",
        "8,6000001841E+10",
        "0860000018 36",
        "9" * 999,
        "0860000018xx",
        "0860-0000-18**",
        "08600000183O",
        "O86000001836",
        "0860000018?",
    ],
)
def test_an_unusable_phone_is_no_phone_and_says_so(text: str) -> None:
    assert phones.phone(text) == (None, True)


@pytest.mark.parametrize("text", ["", "-", "0", "Belum ada", "#N/A"])
def test_no_phone_is_no_warning(text: str) -> None:
    assert phones.phone(text) == (None, False)


@given(
    st.from_regex(r"08[1-9][0-9]{8,9}", fullmatch=True),
    st.sampled_from([" ext 21", " 2", "/2", " x3", " (Ani)", " #1"]),
)
def test_what_follows_a_number_never_makes_it_a_strangers(number: str, after: str) -> None:
    assert phones.phone(number + after)[0] in (None, "+62" + number[1:])


def test_rupiah_may_stand_behind_an_amount_and_thousands_are_not_mixed() -> None:
    assert numbers.amount("8.400.000 rupiah") == numbers.amount("Rp 8.400.000 IDR") == 8_400_000
    for mixed in ("1.500,000", "1,500.000", "Rp1.500,000"):
        assert isinstance(numbers.amount(mixed), Refusal)


@pytest.mark.parametrize(("text", "number"), [("30 orang", 30), ("200 UMKM", 200), ("1.500 peserta", 1500)])
def test_a_whole_number_may_say_what_it_counts(text: str, number: int) -> None:
    assert numbers.whole(text, "quota") == number
    assert isinstance(numbers.whole("50%", "value"), Refusal)
