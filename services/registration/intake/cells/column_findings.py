"""What whole columns say about how their cells are read: facts of a file that no single cell shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal

from services.registration.intake.cells.days import ReadAs
from services.registration.intake.cells.numbers import DecimalMark

CodeSystem = Literal["kemendagri", "bps", "former", "doubtful"]
"""Whose codes a column of region codes holds: the ministry's, BPS's, the ministry's before 2022, or unclear."""


@dataclass(frozen=True)
class ColumnFindings:
    """`niks_lost_a_digit`: a spreadsheet kept 15 digits of each NIK. The mappings are by meaning of the column.

    `read_as` says which number of 03/04/2021 is the month, `decimal` which mark stands before a fraction,
    `region_codes` whose codes the column of codes holds; what is missing is read as usual.
    """

    niks_lost_a_digit: bool = False
    read_as: Mapping[str, ReadAs] = field(default_factory=lambda: MappingProxyType({}))
    decimal: Mapping[str, DecimalMark] = field(default_factory=lambda: MappingProxyType({}))
    region_codes: CodeSystem | None = None

    def reported(self) -> dict[str, Any]:
        """What was found, for the file's sender; what is read as usual is left out."""
        found = {
            "niks_lost_a_digit": self.niks_lost_a_digit,
            "date_order": dict(self.read_as),
            "decimal": dict(self.decimal),
            "region_codes": self.region_codes if self.region_codes != "kemendagri" else None,
        }
        return {name: value for name, value in found.items() if value}


def of_report(reported: Mapping[str, Any]) -> ColumnFindings:
    """The findings of which this is the report: for a row that is read again after its file is gone."""
    return ColumnFindings(
        niks_lost_a_digit=reported.get("niks_lost_a_digit", False),
        read_as=reported.get("date_order", {}),
        decimal=reported.get("decimal", {}),
        region_codes=reported.get("region_codes"),
    )


NO_FINDINGS: Final = ColumnFindings()
"""Of a file whose columns were not looked at as a whole."""
