"""The cells of one row under the meanings of their columns, and what several kinds of files read from them alike.

Every reader returns the value, or raises Refused with the refusal of the cell.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Final, NamedTuple, TypeVar

from services.registration.intake import values
from services.registration.intake.cells import days, identifiers, numbers, phones, placeholders
from services.registration.intake.cells.column_findings import NO_FINDINGS, ColumnFindings
from services.registration.intake.columns import PHONES
from services.registration.intake.commands import ContactDetails, Heads, Reference
from services.registration.intake.jurisdiction import Jurisdiction
from services.registration.intake.memo import Memo
from services.registration.intake.values import Refusal, Refused, checked
from shared.refusals import WarningCode

T = TypeVar("T")

_REGION = ("region", "region_code")
_HEADS = ("workers", "management", "staff", "labour", "men", "women")
_WORD_BREAK = re.compile(r"[\s;,/|]+")
_OF_NO_COOPERATIVE: Final = frozenset(("TIDAK", "BUKAN", "BUKAN ANGGOTA", "BELUM", "MANDIRI", "SENDIRI"))
_AROUND_ADDRESS = re.compile(r"^\W*(?:(?:mailto|e-?mail)\W+)?|\W+$", re.IGNORECASE)


class RowCells:
    """One row: `cells["nik"]` is the text of the column that means `nik`.

    It is "" where the file has no such column or the cell only says that there is none. `findings` is what the whole
    columns say about how their cells are read, `memo` what the file's cells were read as so far.
    """

    __slots__ = ("_columns", "_memo", "_texts", "findings", "line")

    def __init__(
        self,
        columns: Mapping[str, int],
        texts: tuple[str, ...],
        line: int,
        findings: ColumnFindings = NO_FINDINGS,
        memo: Memo | None = None,
    ) -> None:
        self._columns, self._texts, self.line, self.findings, self._memo = columns, texts, line, findings, memo

    def __getitem__(self, meaning: str) -> str:
        column = self._columns.get(meaning)
        return "" if column is None else placeholders.given(self._texts[column])

    def as_sent(self, meaning: str) -> str:
        """The text with its marks and placeholders; "" where the file has no such column."""
        column = self._columns.get(meaning)
        return "" if column is None else self._texts[column]

    def recalled(self, what: str, meanings: tuple[str, ...], read: Callable[[], T]) -> T:
        """`read()`, which looks at no other cells than these and at nothing else that changes within a file."""
        return read() if self._memo is None else self._memo.recall(what, meanings, self._texts, read)

    def has_column(self, meaning: str) -> bool:
        return meaning in self._columns

    def any_filled(self, columns: Iterable[int]) -> bool:
        """Whether any of these columns, by number, holds something in this row."""
        return any(placeholders.given(self._texts[column]) for column in columns)


class Numbers(NamedTuple):
    """The numbers that identify whom a row is about, and the warnings about them."""

    nik: str | None
    nib: str | None
    nik_koperasi: str | None
    warnings: tuple[WarningCode, ...]


def identifying_numbers(cells: RowCells, jurisdiction: Jurisdiction, *, nik_required: bool = False) -> Numbers:
    """The numbers in their columns; what stands there and is no number is left out with a warning."""
    nik_sent, nib_sent, koperasi_sent = cells.as_sent("nik"), cells.as_sent("nib"), cells.as_sent("nik_koperasi")
    koperasi = identifiers.nik_koperasi(koperasi_sent or cells.as_sent("nik_of_cooperatives"))
    nik = checked(identifiers.nik(nik_sent, nik_required))
    if cells.findings.niks_lost_a_digit and identifiers.may_have_lost_digit(nik_sent):
        raise Refused(identifiers.LOST_DIGIT.code, "nik", identifiers.LOST_DIGIT.detail)
    nib = checked(identifiers.nib(nib_sent))
    warnings: tuple[WarningCode, ...] = ()
    sent = (nik_sent, nik), (nib_sent, nib), (koperasi_sent, koperasi)
    unread = [text for text, number in sent if text and number is None]
    if unread and any(identifiers.is_left_out(text, None) for text in unread):
        warnings = (identifiers.LEFT_OUT,)
    if nik:
        warnings += identifiers.nik_warnings(nik, jurisdiction.nik_district_exists(nik))
    return Numbers(nik, nib, koperasi, warnings)


def day(cells: RowCells, meaning: str) -> date:
    def read() -> date:
        return checked(days.day(cells[meaning], meaning, cells.findings.read_as.get(meaning)))

    return cells.recalled(meaning, (meaning,), read)


def end(cells: RowCells, start: date) -> date | None:
    """The day in `until`, which comes after `start`; None where it is open (empty, 9999-12-31, 1900-01-01)."""
    if days.is_open_end(cells.as_sent("until")):
        return None
    until = day(cells, "until")
    if until <= start:
        raise Refused("invalid_date", "until", "The end is not after the start.")
    return until


def number(cells: RowCells, meaning: str) -> str:
    """The number that an office gave a participant, a claim or a partner of its own; "" where there is none."""
    return checked(identifiers.given_by_an_office(cells[meaning], meaning))


def number_if_read(cells: RowCells, meaning: str) -> str:
    """As `number`, "" also where the cell is refused."""
    found = identifiers.given_by_an_office(cells[meaning], meaning)
    return "" if isinstance(found, Refusal) else found


def whole(cells: RowCells, meaning: str) -> int:
    """A whole number from 0; dots between the thousands are understood."""
    return checked(numbers.whole(cells[meaning], meaning, cells.findings.decimal.get(meaning)))


def plain_number(text: str) -> str:
    """A number that counts something (a batch), without the fraction a spreadsheet gave it; other texts as they are."""
    number = numbers.whole_number(text) if text.endswith((".0", ",0")) else None
    return text if number is None else str(number)


def count(cells: RowCells, meaning: str) -> int | None:
    text = cells.as_sent(meaning)
    return checked(numbers.count(text, meaning, cells.findings.decimal.get(meaning))) if text else None


def heads(cells: RowCells) -> Heads:
    """The workers by job level; where only levels, or men and women, are given, `total` is their sum."""
    return cells.recalled("heads", _HEADS, lambda: _heads(cells))


def _heads(cells: RowCells) -> Heads:
    total = count(cells, "workers")
    management, staff, labour = count(cells, "management"), count(cells, "staff"), count(cells, "labour")
    levels = [level for level in (management, staff, labour) if level is not None]
    people = levels or [each for each in (count(cells, "men"), count(cells, "women")) if each is not None]
    if sum(people) > values.MAX_WORKERS:
        raise Refused("invalid_worker_count", "workers", f"All levels together are at most {values.MAX_WORKERS:,}.")
    return Heads(sum(people) if total is None and people else total, management, staff, labour)


def contact(cells: RowCells) -> tuple[ContactDetails, tuple[WarningCode, ...]]:
    """How the partner is reached, and the warnings about that."""
    phone, unusable = _phone(cells)
    details = ContactDetails(
        person=cells["owner"] or None,
        phone=phone,
        email=email(cells["email"]),
        address=cells["address"] or None,
    )
    return details, ("phone_unusable",) if unusable else ()


def _phone(cells: RowCells) -> tuple[str | None, bool]:
    """The first number of several columns that can be used; whether something was given and none can."""
    any_unusable = False
    for meaning in filter(cells.has_column, PHONES):
        found, unusable = phones.phone(cells[meaning])
        if found:
            return found, False
        any_unusable |= unusable
    return None, any_unusable


def email(text: str) -> str | None:
    """The first address in a cell, without what stands around it: `Andi <andi@usaha.example>`, `mailto:…`."""
    if "@" not in text:
        return None
    words = (_AROUND_ADDRESS.sub("", word) for word in _WORD_BREAK.split(text))
    return next((word for word in words if "@" in word), None)


def reference(cells: RowCells, name: str | None, numbers: Numbers, region: str) -> Reference:
    """What names the row's partner."""
    return Reference(
        id=cells["partner_id"] or None,
        ref=number(cells, "ref") or None,
        nib=numbers.nib,
        nik_koperasi=numbers.nik_koperasi,
        nik=numbers.nik,
        name=name,
        region=region,
    )


def cooperative(cells: RowCells, region: str) -> Reference | None:
    """The cooperative in its column: by NIK Koperasi or NIB, else by its name in the row's regency."""
    text = cells["cooperative"]
    if not text or text.upper() in _OF_NO_COOPERATIVE:
        return None
    number = identifiers.nik_koperasi(text)
    if number is None:
        return Reference(name=text, region=region)
    nib = identifiers.nib(text)
    return Reference(nik_koperasi=number, nib=nib if isinstance(nib, str) else None)


def regency_or_none(cells: RowCells, jurisdiction: Jurisdiction) -> str | None:
    """The row's regency, anywhere in the country; None where none is understood."""

    def read() -> str | None:
        found = jurisdiction.regency_of(cells["region_code"], cells["region"], cells.findings.region_codes)
        return None if isinstance(found, Refusal) else found

    return cells.recalled("regency", _REGION, read)


def place(cells: RowCells, jurisdiction: Jurisdiction) -> str:
    """The row's regency, which lies in the agency's regions."""
    return cells.recalled("place", _REGION, lambda: _place(cells, jurisdiction))


def _place(cells: RowCells, jurisdiction: Jurisdiction) -> str:
    code, name = cells["region_code"], cells["region"]
    return checked(jurisdiction.place(code or name, name if code else "", cells.findings.region_codes))


def area(cells: RowCells, jurisdiction: Jurisdiction) -> str:
    """The row's region, of any level; without one, the agency's first."""
    code, name = cells["region_code"], cells["region"]
    return checked(jurisdiction.area(code or name or jurisdiction.own[0], name if code else ""))
