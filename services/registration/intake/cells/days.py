"""Days as people and spreadsheets write them, and which of two numbers is the month."""

import re
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final, Literal

from services.registration.intake.cells.placeholders import cleaned, given
from services.registration.intake.values import Refusal
from shared import jakarta

ReadAs = Literal["dmy", "mdy", "doubtful"]
"""How 03/04/2021 is read; `doubtful` where the column is month first in places and nothing says how the rest is."""

EXCEL_BASE: Final = date(1899, 12, 30)
LONGEST: Final = 60
MONTH_NAMES: Final = (
    ("JANUARI", "JANUARY"),
    ("FEBRUARI", "FEBRUARY", "PEBRUARI"),
    ("MARET", "MARCH", "MRT"),
    ("APRIL",),
    ("MEI", "MAY"),
    ("JUNI", "JUNE"),
    ("JULI", "JULY"),
    ("AGUSTUS", "AUGUST", "AGS", "AGT", "AGST"),
    ("SEPTEMBER",),
    ("OKTOBER", "OCTOBER"),
    ("NOVEMBER", "NOPEMBER"),
    ("DESEMBER", "DECEMBER"),
)
FAR_FUTURE: Final = 2200
"""From this year on, and up to 1900, a day that ends something stands for 'no end'."""

_TIME = (
    r"(?:(?:,? (?:pukul|pkl\.?|jam) |[T ]+)\d{1,2}[:.]\d\d(?:[:.]\d\d(?:[.,]\d+)?)?"
    r"(?: ?[AP]M| ?Z| ?WI[BT]A?| ?[+-]\d\d:?\d\d)?)?"
)
_ISO = re.compile(rf"(\d{{4}})([-/.])(\d{{1,2}})\2(\d{{1,2}}){_TIME}", re.IGNORECASE)
_NUMBERS = re.compile(rf"(\d{{1,2}})([-/. ])(\d{{1,2}})\2(\d{{4}}|\d\d){_TIME}", re.IGNORECASE)
_NAMED = re.compile(rf"(\d{{1,2}})[ \-/.]*([A-Za-z]{{3,9}})\.?[ \-/,]*(\d{{4}}|\d\d){_TIME}")
_NAME_FIRST = re.compile(rf"([A-Za-z]{{3,9}})\.? (\d{{1,2}}),? (\d{{4}}){_TIME}")
_WEEKDAY = re.compile(
    r"^(?:senin|selasa|rabu|kamis|jum.?at|sabtu|minggu|ahad|(?:sun|mon|tues|wednes|thurs|fri|satur)day)(?:\s*[,/]\s*|\s+(?=\d))",
    re.IGNORECASE,
)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]+\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)? ?(?:[Zz]|[+-]\d\d:?\d\d)")
"""A moment with its distance from Greenwich, as programmes write it: 17:00Z is midnight in Jakarta, of the next day."""
_UNSEPARATED = re.compile(r"((?:19|20)\d\d)(\d\d)(\d\d)")
_EXCEL_DAY = re.compile(r"([2-4]\d{4})(?:[.,]\d{1,12})?")
_ONLY_ZEROS = re.compile(r"0[0\-/. :]*")
_NO_END = re.compile(
    r"(?:1|2958465)(?:[.,]0+)?|9999(?:1231)?|sekarang|selamanya|seumur hidup|tidak terbatas|(?:masih )?aktif",
    re.IGNORECASE,
)
"""1 and 2958465 are a spreadsheet's 1900-01-01 and 9999-12-31."""
_DASHES: Final = dict.fromkeys((*range(0x2010, 0x2016), 0x2212), "-")


def day(text: str, field: str = "date", read_as: ReadAs | None = None) -> date | Refusal:
    """A day: 2021-12-31, 31/12/2021, 31 Desember 2021, 31-Des-21, with a time of day or not, or Excel's day number. A
    moment with its distance from Greenwich lies on its day in Jakarta.

    Numbers are day first unless `read_as` is month first. A year of two digits that would lie more than a year ahead
    is of the last century.
    """
    text = _bare(text)
    if read_as == "doubtful" and is_ambiguous(text):
        detail = f"{field} may be day first or month first: upload it again with date_order=dmy or date_order=mdy."
        return Refusal("ambiguous_date", field, detail)
    try:
        found = _day(text, read_as) if len(text) <= LONGEST else None
    except (ValueError, OverflowError):
        found = None
    return found or Refusal("invalid_date", field, "Not a day: write 2021-12-31, 31/12/2021 or 31 Desember 2021.")


def is_open_end(text: str) -> bool:
    """Whether a text in place of an end means that there is none: empty, 9999-12-31, 1900-01-01, `seumur hidup`."""
    text = given(text)
    if not text or _ONLY_ZEROS.fullmatch(text) or _NO_END.fullmatch(" ".join(text.split())):
        return True
    if year := _year_of_numbers(text):
        return not 1900 < year < FAR_FUTURE
    found = day(text)
    return isinstance(found, date) and not 1900 < found.year < FAR_FUTURE


def _year_of_numbers(text: str) -> int | None:
    """The year of four digits in a day of numbers alone, even where there is no such day (00/01/1900)."""
    if len(text) > LONGEST:
        return None
    if found := _ISO.fullmatch(text):
        return int(found[1])
    found = _NUMBERS.fullmatch(text)
    return int(found[4]) if found and len(found[4]) == 4 else None


def numbers_of(text: str) -> tuple[int, int] | None:
    """The two numbers before the year of a day written like 31/12/2021, None for any other text."""
    found = _NUMBERS.fullmatch(_bare(text)) if len(text) <= LONGEST else None
    return (int(found[1]), int(found[3])) if found else None


def is_ambiguous(text: str) -> bool:
    """Whether day and month of this text cannot be distinguished: 03/04/2021, unlike 03/03 or 25/04."""
    numbers = numbers_of(text)
    return numbers is not None and numbers[0] != numbers[1] and max(numbers) <= 12


def _bare(text: str) -> str:
    """The text without marks around it and without the name of its weekday."""
    return _WEEKDAY.sub("", cleaned(text).translate(_DASHES))


def _day(text: str, read_as: ReadAs | None) -> date | None:
    if _MOMENT.fullmatch(text):
        return jakarta.day_of(datetime.fromisoformat(re.sub("[Tt ]+", "T", text, count=1).replace(" ", "").upper()))
    if found := _ISO.fullmatch(text):
        return date(int(found[1]), int(found[3]), int(found[4]))
    if found := _UNSEPARATED.fullmatch(text):
        return date(int(found[1]), int(found[2]), int(found[3]))
    if found := _NUMBERS.fullmatch(text):
        return _of_numbers(int(found[1]), int(found[3]), found[4], read_as)
    if found := _NAMED.fullmatch(text):
        return _in_century(found[3], _month(found[2]), int(found[1]))
    if found := _NAME_FIRST.fullmatch(text):
        return date(int(found[3]), _month(found[1]), int(found[2]))
    if found := _EXCEL_DAY.fullmatch(text):
        return EXCEL_BASE + timedelta(days=int(found[1]))
    return None


def _of_numbers(first: int, second: int, year: str, read_as: ReadAs | None) -> date:
    month_first = read_as == "mdy" or (read_as == "doubtful" and second > 12)
    return _in_century(year, first, second) if month_first else _in_century(year, second, first)


def _in_century(year: str, month: int, day: int) -> date:
    if len(year) == 4:
        return date(int(year), month, day)
    found = date(2000 + int(year), month, day)
    return found if found <= jakarta.today() + timedelta(days=366) else date(1900 + int(year), month, day)


@lru_cache(maxsize=256)
def _month(name: str) -> int:
    """The month whose Indonesian or English name begins so, by three letters or more. Raises ValueError."""
    beginning = name.upper()
    found = [n for n, names in enumerate(MONTH_NAMES, 1) if any(each.startswith(beginning) for each in names)]
    if len(found) != 1:
        raise ValueError(name)
    return found[0]
