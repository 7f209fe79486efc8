"""What the text of one cell or field means: identifiers, days, counts, money, phones.

Every reader returns the value or a `Refusal`; the rules are those of the files agencies really send
(NIK typed with dots, Excel day numbers, Indonesian month names, four ways to write an amount).
"""

import re
from collections.abc import Sized
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, TypeVar
from uuid import UUID

from shared.events.text_limits import limit_of
from shared.refusals import RefusalCode, WarningCode


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something was not accepted: a stable code, the field it is about, and a sentence for a person."""

    code: RefusalCode
    field: str | None
    detail: str


class Refused(Exception):  # raised by the tests of a reader, caught by that reader only
    """Carries a refusal out of nested tests."""

    def __init__(self, code: RefusalCode, field: str | None, detail: str) -> None:
        super().__init__(code)
        self.refusal = Refusal(code, field, detail)


T = TypeVar("T")
S = TypeVar("S", bound=Sized)


def checked(value: T | Refusal) -> T:
    """The value. Raises Refused if it is a refusal."""
    if isinstance(value, Refusal):
        raise Refused(value.code, value.field, value.detail)
    return value


def refuse_if(refusal: Refusal | None) -> None:
    """Raises Refused if there is a refusal."""
    if refusal is not None:
        raise Refused(refusal.code, refusal.field, refusal.detail)


MONTHS: Final = {
    month: number
    for number, names in enumerate(
        (
            ("JAN", "JANUARI", "JANUARY"),
            ("FEB", "FEBRUARI", "FEBRUARY", "PEB", "PEBRUARI"),
            ("MAR", "MARET", "MARCH"),
            ("APR", "APRIL"),
            ("MEI", "MAY"),
            ("JUN", "JUNI", "JUNE"),
            ("JUL", "JULI", "JULY"),
            ("AGU", "AGS", "AGT", "AGUSTUS", "AUG", "AUGUST"),
            ("SEP", "SEPT", "SEPTEMBER"),
            ("OKT", "OKTOBER", "OCT", "OCTOBER"),
            ("NOV", "NOVEMBER", "NOP", "NOPEMBER"),
            ("DES", "DESEMBER", "DEC", "DECEMBER"),
        ),
        1,
    )
    for month in names
}
EXCEL_BASE: Final = date(1899, 12, 30)
MAX_WORKERS: Final = 10_000_000
MAX_AMOUNT: Final = 10**12
LONGEST_NUMBER: Final = 20
"""Digits; longer texts are not even converted, since Python refuses to with an exception."""

_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_NAMED = re.compile(r"(\d{1,2})[ -]([A-Za-z]{3,9})\.?[ -](\d{4}|\d\d)")
_EXCEL_DAY = re.compile(r"[34]\d{4}")
_DAMAGED = re.compile(r"\d+([.,]\d+)?E\+?\d+", re.IGNORECASE)
_SEPARATORS = re.compile(r"[\s.\-'’`]")
_COUNT = re.compile(r"(\d{1,9})( orang)?", re.IGNORECASE)
_AMOUNT = re.compile(r"\d{1,3}(\.\d{3})*|\d+")
_NIK = re.compile(r"[0-9]{16}")
_NIB = re.compile(r"[0-9]{13}")
_PHONE = re.compile(r"628\d{8,11}")


def within(text: str, field: str) -> str | Refusal:
    """The text, if it has no more characters than the field may have."""
    limit = limit_of(field)
    return text if len(text) <= limit else Refusal("too_long", field, f"{field} has at most {limit} characters.")


def at_most(entries: S, field: str, most: int) -> S | Refusal:
    """The list, if it has no more entries than that."""
    return entries if len(entries) <= most else Refusal("too_long", field, f"{field} has at most {most} entries.")


def absent(text: str) -> bool:
    """Whether nothing is given: agencies write `-` for that."""
    return text in ("", "-")


def bare(text: str) -> str:
    """An identifier without the separators people type into it."""
    return _SEPARATORS.sub("", text)


def nik(text: str, required: bool = False) -> str | Refusal | None:
    """A person's number of 16 digits; a spreadsheet that held it as a number has destroyed its end."""
    text = text.strip()
    if absent(text):
        return Refusal("missing_nik", "nik", "A NIK is required here, and none was given.") if required else None
    if _DAMAGED.fullmatch(text):
        return Refusal("nik_excel_damaged", "nik", "The spreadsheet turned the NIK into a number: format it as text.")
    digits = bare(text)
    return digits if _NIK.fullmatch(digits) else Refusal("invalid_nik", "nik", "A NIK has exactly 16 digits.")


def nib(text: str) -> str | Refusal | None:
    """A business number of 13 digits."""
    if absent(text.strip()):
        return None
    digits = bare(text)
    return digits if _NIB.fullmatch(digits) else Refusal("invalid_nib", "nib", "A NIB has exactly 13 digits.")


def nik_koperasi(text: str) -> str | None:
    """A cooperative's registration number as written, without separators."""
    return None if absent(text.strip()) else bare(text).upper() or None


def nik_warnings(digits: str, district_exists: bool) -> tuple[WarningCode, ...]:
    """What is odd about a well-formed NIK: a district that does not exist, a birth date that is no date."""
    found: tuple[WarningCode, ...] = () if district_exists else ("nik_unknown_prefix",)
    day, month, year = int(digits[6:8]), int(digits[8:10]), int(digits[10:12])
    day -= 40 if day > 40 else 0
    born = any(_is_date(century + year, month, day) for century in (1900, 2000))
    return found if born else (*found, "nik_bad_birth_date")


def _is_date(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def day(text: str, field: str = "date") -> date | Refusal:
    """A day: 2021-12-31, 31/12/2021, 31 Desember 2021, 31-Des-21 or Excel's day number."""
    text = text.strip()
    try:
        if found := _ISO.fullmatch(text):
            return date(int(found[1]), int(found[2]), int(found[3]))
        if found := _SLASHED.fullmatch(text):
            return date(int(found[3]), int(found[2]), int(found[1]))
        if found := _NAMED.fullmatch(text):
            year = int(found[3]) + (2000 if len(found[3]) == 2 else 0)
            return date(year, MONTHS[found[2].upper()], int(found[1]))
        if _EXCEL_DAY.fullmatch(text):
            return EXCEL_BASE + timedelta(days=int(text))
    except (ValueError, KeyError):
        pass
    return Refusal("invalid_date", field, "Not a day: write 2021-12-31, 31/12/2021 or 31 Desember 2021.")


def count(text: str, field: str = "workers") -> int | Refusal | None:
    """A head count: digits, or digits followed by `orang`."""
    text = text.strip()
    if absent(text):
        return None
    found = _COUNT.fullmatch(text)
    if not found or int(found[1]) > MAX_WORKERS:
        return Refusal("invalid_worker_count", field, "Not a number of people: write digits, or digits and 'orang'.")
    return int(found[1])


def amount(text: str, field: str = "amount") -> int | Refusal:
    """Whole rupiah above zero: 8400000, 8.400.000, Rp8.400.000,00, Rp 8.400.000,-"""
    text = re.sub(r"^Rp\.?\s*", "", text.strip(), flags=re.IGNORECASE)
    text = re.sub(r",(-|00)$", "", text)
    digits = text.replace(".", "")
    if len(digits) > LONGEST_NUMBER or not _AMOUNT.fullmatch(text) or not 0 < int(digits) <= MAX_AMOUNT:
        return Refusal("invalid_amount", field, "Not an amount of rupiah above zero and up to a trillion.")
    return int(digits)


def phone(text: str) -> tuple[str | None, bool]:
    """(the number in E.164 or None, whether something was given that is no usable number)."""
    if absent(text.strip()):
        return None, False
    digits = re.sub(r"\D", "", text)
    if digits.startswith("0"):
        digits = "62" + digits[1:]
    elif not digits.startswith("62"):
        digits = "62" + digits
    return ("+" + digits, False) if _PHONE.fullmatch(digits) else (None, True)


def uuid_or_none(text: str) -> UUID | None:
    """The id in this text, None where it is none."""
    try:
        return UUID(text)
    except ValueError:
        return None
