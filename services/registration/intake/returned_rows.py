"""Rows that come back in a file of refused rows: our own columns in it say that they were rows, and of which fault.

A row whose cells could not be told apart was given back in a shape that is a row. Unless somebody corrected it, it is
refused again for the same fault: what stands under its columns is not what they mean.
"""

from collections.abc import Sequence
from typing import Final, get_args

from services.registration.intake.files.tables import squeeze
from services.registration.intake.values import Refusal
from shared.refusals import RefusalCode

OF_REFUSALS: Final = ("error_code", "error_field", "error_detail", "error_line")
"""The columns behind those of a file, where its refused rows are given back; they are no part of a row sent again."""
BETWEEN_SURPLUS: Final = " | "
"""Joins in a row's last cell those that it had too many."""
MALFORMED: Final = Refusal(
    "malformed", None, "This was no row when it was sent: write each value under its column, or delete the row."
)
MISFIT: Final = Refusal(
    "wrong_column_count",
    None,
    "This row had more or fewer cells than the header: write each value under its column and empty error_code.",
)
_OURS: Final = frozenset(map(squeeze, OF_REFUSALS))
_CODES: Final = frozenset(get_args(RefusalCode))


def is_ours(header: str) -> bool:
    """Whether a column is one of ours in a file of refused rows."""
    return squeeze(header) in _OURS


def own(header: Sequence[str]) -> list[int]:
    """The columns of a file that are not ours."""
    return [column for column, name in enumerate(header) if not is_ours(name)]


class Returned:
    """What our columns say of the rows below this header; nothing where it has none."""

    def __init__(self, header: Sequence[str]) -> None:
        at = {squeeze(name): column for column, name in enumerate(header)}
        self._code, self._field = (at.get(squeeze(name)) for name in ("error_code", "error_field"))
        self._own = own(header)
        self._names = {squeeze(name): column for column, name in enumerate(header)}

    def is_row(self, cells: Sequence[str]) -> bool:
        """Whether this line was a row that we refused, whatever stands in it."""
        return self._code_of(cells) in _CODES

    def still_refused(self, cells: Sequence[str]) -> Refusal | None:
        """Why a row of the header's width is refused as before; None where it was corrected."""
        code = self._code_of(cells)
        if code == "malformed" and self._is_still_malformed(cells):
            return MALFORMED
        if code == "wrong_column_count" and self._own:
            last = cells[self._own[-1]]
            return MISFIT if not last.strip() or BETWEEN_SURPLUS in last else None
        return None

    def _code_of(self, cells: Sequence[str]) -> str:
        return cells[self._code].strip() if self._code is not None and self._code < len(cells) else ""

    def _is_still_malformed(self, cells: Sequence[str]) -> bool:
        """Whether nothing stands but the text of a line that was no object, or a list or object in the cell named."""
        filled = [column for column in self._own if cells[column].strip()]
        named = self._names.get(squeeze(cells[self._field])) if self._field is not None else None
        is_nested = named is not None and cells[named].lstrip().startswith(("[", "{"))
        return is_nested or filled == self._own[:1] or not filled
