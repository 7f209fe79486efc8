"""What an upload says of how its file is to be read; whatever it leaves out is found out and reported."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any, Literal

DateOrder = Literal["dmy", "mdy"]
DecimalMark = Literal[".", ","]


@dataclass(frozen=True)
class ReadingOptions:
    """`sheet` is a workbook's sheet by name, `header_row` the header's line counted from 1, `columns` header → meaning.

    A column whose meaning is "" is not read. `date_order` says how 03/04/2021 is read, `decimal` which mark stands
    before the fraction of a number.
    """

    sheet: str | None = None
    header_row: int | None = None
    columns: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    date_order: DateOrder | None = None
    decimal: DecimalMark | None = None

    def to_json(self) -> dict[str, Any]:
        """What is given, as the database keeps it."""
        given = {each.name: getattr(self, each.name) for each in fields(self)} | {"columns": dict(self.columns)}
        return {name: value for name, value in given.items() if value}


AS_FOUND = ReadingOptions()
"""Nothing is given: everything is found out."""
