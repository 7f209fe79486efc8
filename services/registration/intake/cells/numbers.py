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
_DOTS_GROUP = re.compile(r"(\d{1,3}(?:\.\d{3})+)(?:,0+)?")
_COMMAS_GROUP = re.compile(r"(\d{1,3}(?:,\d{3})+)(?:\.0+)?")
_COMMAS_CLEARLY_GROUP = re.compile(r"(\d{1,3}(?:,\d{3})*,\d{3}\.0{1,2}|\d{1,3}(?:,\d{3}){2,})")
_FRACTION = {".": re.compile(r"(\d+)\.0+"), ",": re.compile(r"(\d+),0+")}
_PEOPLE = re.compile(r"\s*orang$", re.IGNORECASE)


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
    """A whole number from 0."""
    number = whole_number(given(text), decimal)
    if number is None or number > MAX_WHOLE:
        return Refusal("invalid_value", field, f"{field} is not a whole number from 0: write 1250 or 1.250.")
    return number


def count(text: str, field: str = "workers", decimal: DecimalMark | None = None) -> int | Refusal | None:
    """A head count: digits, or digits followed by `orang`; None where nothing is given, 0 for `nihil`."""
    if text.isdecimal() and text.isascii() and len(text) < LONGEST_NUMBER:
        return _people(int(text), field)
    text = cleaned(text)
    if is_nothing(text):
        return 0 if as_word(text) in NO_PEOPLE else None
    return _people(whole_number(_PEOPLE.sub("", text), decimal), field)


def _people(number: int | None, field: str) -> int | Refusal:
    if number is None or number > MAX_WORKERS:
        return Refusal("invalid_worker_count", field, "Not a number of people: write digits, or digits and 'orang'.")
    return number


def amount(text: str, field: str = "amount", decimal: DecimalMark | None = None) -> int | Refusal:
    """Whole rupiah above zero: 8400000, 8.400.000, Rp8.400.000,00, Rp 8.400.000,-"""
    text = re.sub(r"^(?:Rp\.?|IDR)\s*", "", cleaned(text), flags=re.IGNORECASE)
    number = whole_number(re.sub(r"[,.]-{1,2}$", "", text), decimal)
    if number is None or not 0 < number <= MAX_AMOUNT:
        return Refusal("invalid_amount", field, "Not an amount of rupiah above zero and up to a trillion.")
    return number
