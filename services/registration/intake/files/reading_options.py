"""What an upload says of how its file is to be read; whatever it leaves out is found out and reported."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any, Literal

DateOrder = Literal["dmy", "mdy"]
DecimalMark = Literal[".", ","]


SAID = ("header_row", "columns", "date_order", "decimal")
"""What holds for later files with the same header; which sheet is read is said each time."""


@dataclass(frozen=True)
class ReadingOptions:
    """`sheet` is a workbook's sheet by name, `header_row` the header's line counted from 1, `columns` header → meaning.

    A column whose meaning is "" is not read. `date_order` says how 03/04/2021 is read, `decimal` which mark stands
    before the fraction of a number. `forgets`: what was said earlier of files with this header does not hold any more.
    `is_settled`: nothing else is to be looked up; `recalled_since` is when the part was said that this upload left out.
    """

    sheet: str | None = None
    header_row: int | None = None
    columns: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    date_order: DateOrder | None = None
    decimal: DecimalMark | None = None
    forgets: bool = False
    is_settled: bool = False
    recalled_since: str | None = None

    def to_json(self) -> dict[str, Any]:
        """What is given, as the database keeps it."""
        given = {each.name: getattr(self, each.name) for each in fields(self)} | {"columns": dict(self.columns)}
        return {name: value for name, value in given.items() if value}

    def said(self) -> dict[str, Any]:
        """What is given of how this and later files with its header are to be read."""
        return {name: value for name, value in self.to_json().items() if name in SAID}

    def settled(self, earlier: Mapping[str, Any], since: str | None, header_row: int | None) -> "ReadingOptions":
        """With what was said earlier of a file with this header, where this upload says nothing; the header stands in
        this line now."""
        left_out = {name: value for name, value in earlier.items() if not getattr(self, name)}
        if not left_out:
            return replace(self, is_settled=True)
        if "header_row" in left_out:
            left_out["header_row"] = header_row
        return replace(self, **left_out, is_settled=True, recalled_since=since)

    def reported(self) -> dict[str, Any]:
        """For the file's sender: since when what this upload left out has been remembered."""
        return {"remembered_since": self.recalled_since} if self.recalled_since else {}


AS_FOUND = ReadingOptions()
"""Nothing is given: everything is found out."""
