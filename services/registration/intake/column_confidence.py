"""How sure it is that a column holds what its header says: the share of its cells that can be read as that."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

from services.registration.intake import row_cells
from services.registration.intake.cells import identifiers, phones
from services.registration.intake.cells.column_evidence import DAYS, FIGURES
from services.registration.intake.columns import PHONES
from services.registration.intake.files.tables import Row
from services.registration.intake.row_cells import RowCells
from services.registration.intake.row_reader import RowReader
from services.registration.intake.values import Refusal, Refused

LONGEST = 500
"""Characters; what is longer is neither a number nor a name."""

_Reads = Callable[[RowCells, str], object]


def _nik(cells: RowCells, meaning: str) -> object:
    return identifiers.nik(cells.as_sent(meaning), False)


def _nib(cells: RowCells, meaning: str) -> object:
    return identifiers.nib(cells.as_sent(meaning))


def _phone(cells: RowCells, meaning: str) -> object:
    return phones.phone(cells[meaning])[0]


def _email(cells: RowCells, meaning: str) -> object:
    return row_cells.email(cells[meaning])


def _text(cells: RowCells, meaning: str) -> object:
    """A name or an address has a letter."""
    return any(map(str.isalpha, cells[meaning])) or None


_READERS: Final[Mapping[str, _Reads]] = {
    **dict.fromkeys(DAYS, row_cells.day),
    **dict.fromkeys(FIGURES, row_cells.count),
    "amount": row_cells.whole,
    "value": row_cells.whole,
    "nik": _nik,
    "nib": _nib,
    **dict.fromkeys(PHONES, _phone),
    "email": _email,
    **dict.fromkeys(("name", "owner", "person", "address"), _text),
}


class Fits:
    """Counts for each column how many of its filled cells are read as what the column means."""

    def __init__(self, reader: RowReader) -> None:
        self._reader = reader
        self._filled: Counter[str] = Counter()
        self._fitting: Counter[str] = Counter()

    def add(self, row: Row) -> None:
        if not row.fits:
            return
        cells = self._reader.cells_of(row)
        for meaning in self._reader.meanings:
            if cells[meaning]:
                self._filled[meaning] += 1
                self._fitting[meaning] += self._is_read(cells, meaning)

    def share(self, meaning: str) -> float | None:
        """From 0 to 1; None where the column has no filled cell."""
        filled = self._filled[meaning]
        return round(self._fitting[meaning] / filled, 2) if filled else None

    def _is_read(self, cells: RowCells, meaning: str) -> bool:
        if len(cells[meaning]) > LONGEST:
            return False
        if meaning in ("region", "region_code"):
            return self._reader.region_of(cells) is not None
        read = _READERS.get(meaning)
        try:
            found = True if read is None else read(cells, meaning)
        except Refused:
            return False
        return found is not None and not isinstance(found, Refusal)
