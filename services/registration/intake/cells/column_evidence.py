"""Columns judged as a whole: what no single cell shows, found in one pass over a file before its rows are read."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from services.registration.intake.cells import days, identifiers
from services.registration.intake.cells.column_findings import CodeSystem, ColumnFindings
from services.registration.intake.cells.days import ReadAs
from services.registration.intake.cells.numbers import DecimalMark
from services.registration.intake.cells.placeholders import given
from services.registration.intake.files.reading_options import ReadingOptions
from shared.regions import Regions
from shared.regions.region_codes import System

DAYS: Final = ("date", "effective_on", "until", "occurred_on", "paid_on", "from", "held_on")
FIGURES: Final = ("workers", "management", "staff", "labour", "men", "women", "amount", "value", "quota", "present")

FEWEST_NIKS: Final = 5
"""From so many on: by chance five NIKs end in 0 once in 100,000 files."""
MOST_OTHERS: Final = 0.05
"""The share of NIKs that may end in another digit in a column whose last digits were lost."""
MANY_NIKS: Final = 100
"""Among so many true NIKs cut to 15 digits some have a running number above 9, and do not end in 0000."""

_FRACTION_DOT = re.compile(r"\d{1,3}(?:,\d{3})+\.(?!\d{3}$)\d+")
_FRACTION_COMMA = re.compile(r"\d{1,3}(?:\.\d{3})+,(?!\d{3}$)\d+")
_THREE_ZEROS = re.compile(r"\d+([.,])000")


class ColumnEvidence:
    """Statistics of constant size over the cells of a file.

    Made with the columns of a file (meaning → number of the column), fed with the cells of every row in any order by
    `add`, then asked for the `findings`, with which RowCells reads each row. What the upload says of its file
    (`date_order`, `decimal`) stands above what is found.
    """

    def __init__(self, columns: Mapping[str, int], regions: Regions) -> None:
        self._days = [(_DayOrder(), meaning, columns[meaning]) for meaning in DAYS if meaning in columns]
        self._figures = [(_Decimals(), meaning, columns[meaning]) for meaning in FIGURES if meaning in columns]
        self._nik_column = columns.get("nik")
        self._niks = _LastDigits()
        self._code_column, self._name_column = columns.get("region_code"), columns.get("region")
        self._codes = _CodeSystems(regions)

    def add(self, cells: Sequence[str]) -> None:
        """Takes one row; a row without all the header's cells is not to be added."""
        if self._nik_column is not None:
            self._niks.add(cells[self._nik_column])
        for order, _, column in self._days:
            order.add(cells[column])
        for marks, _, column in self._figures:
            marks.add(cells[column])
        if self._code_column is not None or self._name_column is not None:
            code = "" if self._code_column is None else cells[self._code_column]
            self._codes.add(code, "" if self._name_column is None else cells[self._name_column])

    def findings(self, options: ReadingOptions) -> ColumnFindings:
        decimals = {meaning: options.decimal or marks.found() for marks, meaning, _ in self._figures}
        return ColumnFindings(
            niks_lost_a_digit=self._niks.lost(),
            read_as=self._read_as(options),
            decimal={meaning: mark for meaning, mark in decimals.items() if mark},
            region_codes=self._codes.found(),
        )

    def _read_as(self, options: ReadingOptions) -> dict[str, ReadAs]:
        """A column without a day that is only day first or only month first shares the doubt of its neighbours."""
        if options.date_order:
            return {meaning: options.date_order for _, meaning, _ in self._days}
        if not any(order.is_month_first() for order, _, _ in self._days):
            return {}
        return {meaning: "doubtful" for order, meaning, _ in self._days if not order.day_first}


class _LastDigits:
    """Whether a spreadsheet kept 15 of the 16 digits of a column's NIKs, so that nearly all of them end in 0.

    It does so to numbers. In a column that shows some numbers as 3,57602E+15, or some NIKs with an apostrophe or
    spaces that end in 0 as well, the NIKs are texts and end so by nature; likewise where very many end in 0000.
    """

    def __init__(self) -> None:
        self.plain = self.in_zero = self.in_zeros = self.texts_in_zero = self.e_notation = 0

    def add(self, cell: str) -> None:
        cell = cell.strip()
        if len(cell) < 8:
            return
        if len(cell) == 16 and cell.isdecimal():
            self.plain += 1
            self.in_zero += cell[15] == "0"
            self.in_zeros += cell.endswith("0000")
        elif "E" in cell or "e" in cell:
            self.e_notation += identifiers.is_e_notation(cell)
        elif len(digits := identifiers.bare(cell)) == 16 and digits[15] == "0" and not identifiers.is_grouped(cell):
            self.texts_in_zero += 1

    def lost(self) -> bool:
        if self.plain < FEWEST_NIKS or self.plain - self.in_zero > MOST_OTHERS * self.plain:
            return False
        by_nature = self.plain >= MANY_NIKS and self.in_zeros == self.in_zero
        return not (self.e_notation or self.texts_in_zero or by_nature)


class _DayOrder:
    """Whether some of a column's days can only be month first (12/31/2021), or only day first."""

    MOST_SEEN = 2_000

    def __init__(self) -> None:
        self.day_first = self.month_first = False
        self._seen: set[str] = set()

    def add(self, cell: str) -> None:
        """Looks at a day that repeats once, as long as no more than MOST_SEEN are known."""
        if cell in self._seen:
            return
        if len(self._seen) < self.MOST_SEEN and len(cell) <= days.LONGEST:
            self._seen.add(cell)
        if not cell or (numbers := days.numbers_of(cell)) is None:
            return
        first, second = numbers
        self.day_first |= second <= 12 < first <= 31
        self.month_first |= first <= 12 < second <= 31

    def is_month_first(self) -> bool:
        return self.month_first and not self.day_first


class _Decimals:
    """Which mark stands before the fractions of a column's numbers, where some number shows it."""

    def __init__(self) -> None:
        self.dot = self.comma = self.others = 0
        self.three_zeros = {".": 0, ",": 0}

    def add(self, cell: str) -> None:
        if cell.isdecimal() or not cell:
            self.others += bool(cell)
        elif found := _THREE_ZEROS.fullmatch(cell.strip()):
            self.three_zeros[found[1]] += 1
        else:
            self.others += 1
            self.dot += _FRACTION_DOT.fullmatch(cell.strip()) is not None
            self.comma += _FRACTION_COMMA.fullmatch(cell.strip()) is not None

    def found(self) -> DecimalMark | None:
        """`1,250.00` and `1.250,00` show it; so do three numbers or more that all end in .000."""
        if bool(self.dot) != bool(self.comma):
            return "." if self.dot else ","
        all_zeros = [mark for mark, count in self.three_zeros.items() if count >= 3 and not self.others]
        return all_zeros[0] if len(all_zeros) == 1 else None  # type: ignore[return-value]


class _CodeSystems:
    """Whose codes a column of region codes holds, by the names beside them; a file repeats few of both."""

    MOST_SEEN = 2_000

    def __init__(self, regions: Regions) -> None:
        self._regions = regions
        self._seen: set[tuple[str, str]] = set()
        self._fits: dict[System, int] = {"kemendagri": 0, "bps": 0, "former": 0}
        self._only_others = self._only_today = 0

    def add(self, code: str, name: str) -> None:
        """Counts each pair of code and name once, and no more than MOST_SEEN of them."""
        if (code, name) in self._seen or len(self._seen) >= self.MOST_SEEN:
            return
        self._seen.add((code, name))
        readings = self._regions.code_readings(given(code or name))
        if len(set(readings.values())) < 2 and len(readings) == 3:
            return  # the same regency in all systems
        self._only_others += bool(readings) and "kemendagri" not in readings
        self._only_today += [*readings] == ["kemendagri"]
        named = self._regions.named(name) if code else ()
        for system, meant in readings.items():
            self._fits[system] += meant in named

    def found(self) -> CodeSystem | None:
        fitting: list[CodeSystem] = [system for system, count in self._fits.items() if count]
        if fitting:
            return fitting[0] if len(fitting) == 1 else "doubtful"
        return "doubtful" if self._only_others and not self._only_today else None
