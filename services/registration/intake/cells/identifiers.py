"""The numbers that identify somebody: a person's NIK, a business's NIB, a cooperative's NIK Koperasi.

A number is what is left of a cell without marks and separators. Where something else stands (`Belum ada`, `Proses OSS`,
the number of another licence), the number is absent, which is worth a warning; digits of a wrong length are refused.
"""

import re
import unicodedata
from datetime import date
from functools import lru_cache
from string import digits as DIGITS
from typing import Final

from services.registration.intake.cells.placeholders import BLANK, cleaned
from services.registration.intake.values import Refusal
from shared.refusals import WarningCode

LEFT_OUT: Final[WarningCode] = "number_left_out"

_SEPARATORS = re.compile(r"[\s.\-'`\"=_]")
_UNSEEN_OR_SEPARATING = frozenset(("Cf", "Zs", "Pd", "Pi", "Pf"))
_LABEL = re.compile(r"^(?:(?:NIB|NIK|KTP|NOMOR|NO)[\s.:=#-]*)+(?=\d)", re.IGNORECASE)
_REMARK = re.compile(r"(?<=\d)\s*\([^()]*\)$")
_E_NOTATION = re.compile(r"\d+(?:[.,]\d+)?E\+?\d+", re.IGNORECASE)
_FRACTION = re.compile(r"[.,]0{1,2}$")
_NOT_YET = re.compile(r"(?:dalam |masih |sedang )?proses|(?:belum|blm|tidak|tdk|menunggu)\b", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z]{2}")
_OTHER_LICENCE = re.compile(r"\d[\d.\s-]*(?:/[\d.\s-]+)+")
"""510/123/2020: the number of a licence that is no NIB."""
_DIGIT = re.compile(r"\d")
_ZEROS = "0" * 8
"""So many at the end of a NIK leave it without a birth date, and of a NIB with too few digits to be one."""
_COUNTED = "1234567890" * 2
_LENGTHS = range(10, 21)
"""How many digits such a number has, or one that somebody made up in its place."""
_NIK = re.compile(r"[0-9]{16}")
_GROUPED = re.compile(r"\d(?P<mark>[.,' ])\d{3}(?:(?P=mark)\d{3}){3}(?P=mark)\d\d0(?:[.,]0+)?")
"""3.311.000.101.800.010: how a spreadsheet shows a number of which it kept 15 digits."""
_MAYBE_SHORTENED = re.compile(r"[0-9]{15}0")
NIB_DIGITS: Final = 13
_NIB = re.compile(r"[0-9]{13}")
_NIK_KOPERASI = re.compile(r"[0-9]{10,16}")

DAMAGED: Final = Refusal("nik_excel_damaged", "nik", "The spreadsheet turned the NIK into a number: format it as text.")
LOST_DIGIT: Final = Refusal(
    "nik_excel_damaged",
    "nik",
    "Nearly every NIK of this file ends in 0: a spreadsheet kept 15 of the 16 digits. Enter them again, as text.",
)


def bare(text: str) -> str:
    """An identifier without the separators people type into it, and without marks around it."""
    if not text.isascii():
        text = "".join(c for c in text if unicodedata.category(c) not in _UNSEEN_OR_SEPARATING)
    return _SEPARATORS.sub("", text)


def nik(text: str, required: bool = False) -> str | Refusal | None:
    """A person's number of 16 digits; a spreadsheet that held it as a number has destroyed its end."""
    if _NIK.fullmatch(text) and not _is_made_up(text):
        return text
    text = _number_alone(text)
    if _E_NOTATION.fullmatch(text) or _GROUPED.fullmatch(text):
        return DAMAGED
    if _is_no_number(text):
        return Refusal("missing_nik", "nik", "A NIK is required here, and none was given.") if required else None
    fraction = _FRACTION.search(text)
    if fraction and _NIK.fullmatch(bare(text[: fraction.start()])):
        return DAMAGED
    digits = bare(text)
    return digits if _NIK.fullmatch(digits) else Refusal("invalid_nik", "nik", "A NIK has exactly 16 digits.")


def nib(text: str) -> str | Refusal | None:
    """A business number of 13 digits."""
    if not text:
        return None
    if _NIB.fullmatch(text) and not _is_made_up(text):
        return text
    text = _number_alone(text)
    if not _E_NOTATION.fullmatch(text) and (_is_no_number(text) or _OTHER_LICENCE.fullmatch(text)):
        return None
    digits = _whole(text, _NIB)
    return digits if _NIB.fullmatch(digits) else Refusal("invalid_nib", "nib", "A NIB has exactly 13 digits.")


def nik_koperasi(text: str) -> str | None:
    """A cooperative's registration number of 10 to 16 digits; whatever else is written is none."""
    if not text:
        return None
    digits = _whole(_number_alone(text), _NIK_KOPERASI)
    return digits if _NIK_KOPERASI.fullmatch(digits) and not _is_made_up(digits) else None


def given_by_an_office(text: str, field: str) -> str | Refusal:
    """A number as its office writes it (participant, claim, an agency's own reference), of any letters and digits.

    "" where there is none: only zeros, or `Dalam proses`. A spreadsheet's `.0` is no part of it; what a
    spreadsheet shows as 1,23E+10 is refused, as others would share it.
    """
    if _E_NOTATION.fullmatch(text):
        return Refusal("invalid_value", field, "The spreadsheet turned this number into another: format it as text.")
    if not text.strip("0., ") or (_NOT_YET.match(text) and not _DIGIT.search(text)):
        return ""
    fraction = _FRACTION.search(text)
    return text[: fraction.start()] if fraction and text[: fraction.start()].isdecimal() else text


def may_hold_number(text: str) -> bool:
    """Quickly: whether there are digits enough for a NIB, which is shorter than a NIK."""
    return len(text) >= NIB_DIGITS and sum(map(text.count, DIGITS)) >= NIB_DIGITS


def _number_alone(text: str) -> str:
    """The text without a label before the number (`No. KTP: …`) and a remark in parentheses behind it."""
    return _REMARK.sub("", _LABEL.sub("", cleaned(text)))


def is_grouped(text: str) -> bool:
    """Whether this is a long number as a spreadsheet shows it with marks between thousands, its last digit lost."""
    return _GROUPED.fullmatch(text.strip()) is not None


def is_e_notation(text: str) -> bool:
    """Whether this is how a spreadsheet shows a long number: 3,57602E+15."""
    return _E_NOTATION.fullmatch(text.strip()) is not None


def may_have_lost_digit(text: str) -> bool:
    """Whether a spreadsheet may have held this NIK as a number, which keeps 15 digits: only digits, the last 0."""
    return _MAYBE_SHORTENED.fullmatch(text.strip()) is not None


def is_left_out(text: str, number: str | None) -> bool:
    """Whether something is written where a number belongs, and it is none."""
    return number is None and text != "" and cleaned(text) not in BLANK


def nik_warnings(digits: str, district_exists: bool) -> tuple[WarningCode, ...]:
    """What is odd about a well-formed NIK: a district that does not exist, a birth date that is no date."""
    found: tuple[WarningCode, ...] = () if district_exists else ("nik_unknown_prefix",)
    return found if _is_birthday(digits[6:12]) else (*found, "nik_bad_birth_date")


def _whole(text: str, shape: re.Pattern[str]) -> str:
    """The digits of a number, which may be written with `.0`: so short a number has lost nothing by it."""
    fraction = _FRACTION.search(text)
    without = bare(text[: fraction.start()]) if fraction else ""
    return without if shape.fullmatch(without) else bare(text)


def _is_no_number(text: str) -> bool:
    """Whether this is no attempt at the number: no digits, only zeros, or words beside them (`090/SKU/180/2025`)."""
    if not _DIGIT.search(text) or _WORD.search(text):
        return True
    digits = bare(text)
    return not digits.strip("0") or _is_made_up(digits)


def _is_made_up(digits: str) -> bool:
    """Whether digits fill a cell in place of a number that is not known: 1111111111111111, 1234567890123456,
    3311000000000000. Many rows have the same, so it would make one business of them."""
    is_odd = digits.endswith(_ZEROS) or _COUNTED.startswith(digits) or digits == digits[:1] * len(digits)
    return is_odd and len(digits) in _LENGTHS and digits.isdecimal() and digits.isascii()


@lru_cache(maxsize=20_000)
def _is_birthday(digits: str) -> bool:
    """Whether day, month and year of a NIK are a date in one of two centuries; to a woman's day 40 is added."""
    day, month, year = int(digits[:2]), int(digits[2:4]), int(digits[4:])
    day -= 40 if day > 40 else 0
    return any(_is_date(century + year, month, day) for century in (1900, 2000))


def _is_date(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True
