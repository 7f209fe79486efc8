"""The cells of one row under the meanings of their columns, and what several kinds of files read from them alike.

Every reader returns the value, or raises Refused with the refusal of the cell.
"""

from collections.abc import Iterable, Mapping
from datetime import date

from services.registration.intake import values
from services.registration.intake.commands import ContactDetails, Heads, Reference
from services.registration.intake.jurisdiction import Jurisdiction
from services.registration.intake.values import Refused, checked
from shared.events.model import Segment
from shared.refusals import WarningCode


class RowCells:
    """One row: `cells["nik"]` is the text of the column that means `nik`.

    It is "" where the file has no such column or the cell holds only `-`.
    """

    __slots__ = ("_columns", "_texts", "line")

    def __init__(self, columns: Mapping[str, int], texts: tuple[str, ...], line: int) -> None:
        self._columns, self._texts, self.line = columns, texts, line

    def __getitem__(self, meaning: str) -> str:
        column = self._columns.get(meaning)
        if column is None:
            return ""
        text = self._texts[column].strip()
        return "" if text == "-" else text

    def has_column(self, meaning: str) -> bool:
        return meaning in self._columns

    def any_filled(self, columns: Iterable[int]) -> bool:
        """Whether any of these columns, by number, holds something in this row."""
        return any(not values.absent(self._texts[column].strip()) for column in columns)


def day(cells: RowCells, meaning: str) -> date:
    return checked(values.day(cells[meaning], meaning))


def end(cells: RowCells, start: date) -> date | None:
    """The day in `until`, which comes after `start`."""
    if not cells["until"]:
        return None
    until = day(cells, "until")
    if until <= start:
        raise Refused("invalid_date", "until", "The end is not after the start.")
    return until


def whole(cells: RowCells, meaning: str) -> int:
    """A whole number from 0; dots between the thousands are understood."""
    digits = cells[meaning].replace(".", "")
    if not digits.isdecimal() or len(digits) > 12:
        raise Refused("invalid_value", meaning, f"{meaning} is not a whole number.")
    return int(digits)


def heads(cells: RowCells) -> Heads:
    """The workers by job level; where only levels, or men and women, are given, `total` is their sum."""
    total = checked(values.count(cells["workers"], "workers"))
    if total is None:
        by_sex = [checked(values.count(cells[sex], "workers")) for sex in ("men", "women")]
        total = sum(count or 0 for count in by_sex) if any(count is not None for count in by_sex) else None
    management = checked(values.count(cells["management"], "management"))
    staff = checked(values.count(cells["staff"], "staff"))
    labour = checked(values.count(cells["labour"], "labour"))
    levels = [count for count in (management, staff, labour) if count is not None]
    return Heads(sum(levels) if total is None and levels else total, management, staff, labour)


def contact(cells: RowCells) -> tuple[ContactDetails, tuple[WarningCode, ...]]:
    """How the partner is reached, and the warnings about that."""
    phone, unusable = values.phone(cells["phone"])
    details = ContactDetails(
        person=cells["owner"] or None,
        phone=phone,
        email=cells["email"] or None,
        address=cells["address"] or None,
    )
    return details, ("phone_unusable",) if unusable else ()


def segment(cells: RowCells) -> Segment:
    """PU (employed) unless the row has BPU (own account)."""
    text = cells["segment"].upper()
    if text not in ("PU", "BPU", ""):
        raise Refused("invalid_value", "segment", "The segment is PU or BPU.")
    return "BPU" if text == "BPU" else "PU"


def reference(cells: RowCells, name: str | None, nik: str | None, nib: str | None, region: str) -> Reference:
    """What names the row's partner."""
    koperasi = values.nik_koperasi(cells["nik_koperasi"])
    return Reference(ref=cells["ref"] or None, nib=nib, nik_koperasi=koperasi, nik=nik, name=name, region=region)


def place(cells: RowCells, jurisdiction: Jurisdiction) -> str:
    """The row's regency, which lies in the agency's regions."""
    return checked(jurisdiction.place(cells["region"]))


def area(cells: RowCells, jurisdiction: Jurisdiction) -> str:
    """The row's region, of any level; without one, the agency's first."""
    return checked(jurisdiction.area(cells["region"] or jurisdiction.own[0]))
