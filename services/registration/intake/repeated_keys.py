"""Rows of one file that replace each other because they have the same number: told of the number's column."""

from collections.abc import Mapping
from typing import Final

from services.registration.intake.columns import FileKind

KEYS: Final[Mapping[FileKind, str]] = {
    "partners": "ref",
    "persons": "ref",
    "enrollments": "participant_no",
    "claims": "claim_ref",
}
"""Kind → the meaning of the column with the row's own number, where such a row is known by it."""
LOOKED_AT: Final = 20_000
"""Rows of a file, at most."""


class RepeatedKeys:
    """Counts the rows whose number another row has that says something else; a row sent twice is no loss."""

    def __init__(self, kind: FileKind) -> None:
        self._is_by_day = kind == "enrollments"
        self._rows = 0
        self._keys: set[int] = set()
        self._contents: set[int] = set()

    def add(self, key: tuple[str, ...], cells: tuple[str, ...]) -> None:
        self._rows += 1
        self._keys.add(hash(key))
        self._contents.add(hash((key, cells)))

    def note(self) -> str | None:
        """What is to be said of the column; None where no value repeats."""
        repeated, rows = len(self._contents) - len(self._keys), self._rows
        if not repeated:
            return None
        if self._is_by_day:
            return (
                f"{repeated} of the {rows} rows looked at have the number and the day of another row: rows with the "
                "same ones replace each other."
            )
        return (
            f"Values of this column repeat in the file: {repeated} of the {rows} rows looked at have the number of "
            "another row, and rows with the same one replace each other. If it is no number of the row's own, choose "
            "that it is not read."
        )
