"""Counts and amounts. A dot groups thousands only where groups of three digits follow; a fraction must be zero."""

import re
from typing import Final, Literal

from services.registration.intake.cells.placeholders import NO_PEOPLE, as_word, cleaned, given, is_nothing
from services.registration.intake.values import MAX_AMOUNT, MAX_WORKERS, Refusal

DecimalMark = Literal[".", ","]

MAX_WHOLE: Final = 10**12
LONGEST_NUMBER: Final = 30
"""Characters; longer texts are not even converted, since Python refuses to with an exception."""

_PLAIN = re.compile(r"(\d+)(?:[.,]0{1,2})?")
_DOTS_GROUP = re.compile(r"(\d{1,3}(?:\.\d{3})+)(?:,(?!0{3}$)0+)?")
_COMMAS_GROUP = re.compile(r"(\d{1,3}(?:,\d{3})+)(?:\.(?!0{3}$)0+)?")
"""Three zeros behind the other mark may be thousands as well: 1.500,000 is refused."""
_COMMAS_CLEARLY_GROUP = re.compile(r"(\d{1,3}(?:,\d{3})*,\d{3}\.0{1,2}|\d{1,3}(?:,\d{3}){2,})")
_FRACTION = {".": re.compile(r"(\d+)\.0+"), ",": re.compile(r"(\d+),0+")}
_UNIT = r"(?:orang|org|jiwa|pekerja|karyawan|pegawai|buruh|naker|tk|tenaga kerja|people|persons?|workers?|employees?)"
_PEOPLE = re.compile(
    rf"(?:(?:±|\+/-)\s*)?(?P<number>\d[\d.,]*?)\s*(?:\((?P<words>[a-z ]+?)(?: {_UNIT})?\)\s*)?(?:{_UNIT}\.?\s*)*",
    re.IGNORECASE,
)
"""5, 5 orang, ± 5, 5 (lima) orang, 10 orang tenaga kerja; a range, a bound or a guess in words is no number."""

_CURRENCY = re.compile(r"^(?:Rp\.?|IDR)\s*|\s*(?:rupiah|IDR)\.?$", re.IGNORECASE)
_COUNTED = re.compile(
    r"(?<=\d)\s*(?:orang|org|peserta|umkm|ukm|usaha|koperasi|unit|pekerja|tenaga kerja|kursi)\.?$", re.IGNORECASE
)

LONGEST_COUNT: Final = 100
_DIGITS: Final = (
    *("NOL", "SATU", "DUA", "TIGA", "EMPAT", "LIMA", "ENAM", "TUJUH", "DELAPAN", "SEMBILAN", "SEPULUH", "SEBELAS"),
)


def whole_number(text: str, decimal: DecimalMark | None = None) -> int | None:
    """The whole number from 0 that is written: 200, 200.0, 1.250, `1.250,00`; None where it is none (12.5, 1,250).

    `decimal` is the mark before fractions where that is known; then 1.250 with "." is no whole number and 1,250 is.
    """
    if len(text) > LONGEST_NUMBER or not text.isascii():
        return None
    if text.isdecimal():
        return int(text)
    grouped = _COMMAS_GROUP if decimal == "." or _COMMAS_CLEARLY_GROUP.fullmatch(text) else _DOTS_GROUP
    if found := grouped.fullmatch(text):
        return int(re.sub(r"[.,]", "", found[1]))
    plain = _FRACTION[decimal].fullmatch(text) if decimal else None
    if found := plain or _PLAIN.fullmatch(text):
        return int(found[1])
    return None


def whole(text: str, field: str, decimal: DecimalMark | None = None) -> int | Refusal:
    """A whole number from 0, with or without what it counts: 30 orang."""
    number = whole_number(_COUNTED.sub("", given(text)), decimal)
    if number is None or number > MAX_WHOLE:
        return Refusal("invalid_value", field, f"{field} is not a whole number from 0: write 1250 or 1.250.")
    return number


def count(text: str, field: str = "workers", decimal: DecimalMark | None = None) -> int | Refusal | None:
    """A head count: digits, or digits and what they count; None where nothing is given, 0 for `nihil`."""
    if text.isdecimal() and text.isascii() and len(text) < LONGEST_NUMBER:
        return _people(int(text), field)
    text = cleaned(text)
    if is_nothing(text):
        return 0 if as_word(text) in NO_PEOPLE else None
    found = _PEOPLE.fullmatch(text) if len(text) <= LONGEST_COUNT else None
    number = found and whole_number(found["number"], decimal)
    if found and found["words"] and as_word(found["words"]) != spelled(number):
        number = None
    return _people(number, field)


def spelled(number: int | None) -> str | None:
    """A number up to 999 in Indonesian words, in upper case: 21 → DUA PULUH SATU; None for others."""
    if number is None or not 0 <= number < 1000:
        return None
    if number < len(_DIGITS):
        return _DIGITS[number]
    if number < 20:
        return f"{_DIGITS[number - 10]} BELAS"
    unit, word = (10, "PULUH") if number < 100 else (100, "RATUS")
    many = "SERATUS" if number < 200 and unit == 100 else f"{_DIGITS[number // unit]} {word}"
    return f"{many} {spelled(number % unit)}" if number % unit else many


def _people(number: int | None, field: str) -> int | Refusal:
    if number is None or number > MAX_WORKERS:
        return Refusal("invalid_worker_count", field, "Not one number of people: write it in digits, as 5 or 5 orang.")
    return number


def amount(text: str, field: str = "amount", decimal: DecimalMark | None = None) -> int | Refusal:
    """Whole rupiah above zero: 8400000, 8.400.000, Rp8.400.000,00, Rp 8.400.000,-"""
    text = _CURRENCY.sub("", cleaned(text))
    number = whole_number(re.sub(r"[,.]-{1,2}$", "", text), decimal)
    if number is None or not 0 < number <= MAX_AMOUNT:
        return Refusal("invalid_amount", field, "Not an amount of rupiah above zero and up to a trillion.")
    return number
