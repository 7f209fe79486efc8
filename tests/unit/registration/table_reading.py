"""Reads files as an upload does, without a service: the table that was found and its rows."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import Any

import pytest

from deploy.local.directory import ROOT
from services.registration.intake import columns
from services.registration.intake.columns import FileKind
from services.registration.intake.files import table_reader
from services.registration.intake.files.reading_options import ReadingOptions
from services.registration.intake.files.row_spool import RowSpool
from services.registration.intake.files.tables import Row, Table
from services.registration.intake.values import Refusal

FIELD_CASES = ROOT.parent / "shared/data/field-cases"
"""Kept beside the project, as the other data are that it was made from."""


@dataclass
class Read:
    table: Table
    rows: list[Row]
    kind: FileKind

    @property
    def cells(self) -> list[tuple[str, ...]]:
        return [row.cells for row in self.rows]

    @property
    def read_as(self) -> dict[str, str | None]:
        return dict(zip(self.table.header, columns.read_as(self.kind, self.table.header), strict=True))

    def column(self, meaning: str) -> list[str]:
        at = columns.meanings(self.kind, self.table.header)[meaning]
        return [row.cells[at] for row in self.rows]


def found(content: str | bytes, kind: FileKind = "partners", **options: Any) -> Read | Refusal:
    raw = content.encode() if isinstance(content, str) else content
    with RowSpool() as spool, TemporaryFile() as file:
        file.write(raw)
        table = table_reader.read(file, kind, ReadingOptions(**options), spool)
        return table if isinstance(table, Refusal) else Read(table, list(spool), kind)


def read(content: str | bytes, kind: FileKind = "partners", **options: Any) -> Read:
    answer = found(content, kind, **options)
    assert isinstance(answer, Read), answer
    return answer


def refusal(content: str | bytes, kind: FileKind = "partners", **options: Any) -> Refusal:
    answer = found(content, kind, **options)
    assert isinstance(answer, Refusal), answer
    return answer


def field_case(name: str) -> bytes:
    """The content of one of the field cases, which are kept beside the project; without them the test is skipped."""
    if not FIELD_CASES.is_dir():
        pytest.skip("the field cases are not here")
    (path,) = FIELD_CASES.glob(f"{name}*")
    return path.read_bytes()


Sheet = Sequence[Sequence[Any]]


def workbook(sheets: Mapping[str, Sheet], hidden: Sequence[str] = (), hidden_rows: Sequence[int] = ()) -> bytes:
    """A small XLSX: texts as inline strings, numbers as numbers; hidden rows are those of the first sheet, from 1."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", _types(len(sheets)))
        archive.writestr("_rels/.rels", _relations([("officeDocument", "xl/workbook.xml")]))
        parts = [("worksheet", f"worksheets/sheet{at}.xml") for at in range(1, len(sheets) + 1)]
        archive.writestr("xl/_rels/workbook.xml.rels", _relations(parts))
        archive.writestr("xl/workbook.xml", _book(sheets, hidden))
        for at, rows in enumerate(sheets.values(), 1):
            archive.writestr(f"xl/worksheets/sheet{at}.xml", sheet(rows, hidden_rows if at == 1 else ()))
    return content.getvalue()


_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def sheet(rows: Sheet, hidden_rows: Sequence[int] = ()) -> str:
    lines = "".join(
        f'<row r="{number}" hidden="{int(number in hidden_rows)}">' + "".join(_cell(value) for value in row) + "</row>"
        for number, row in enumerate(rows, 1)
    )
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{lines}</sheetData></worksheet>'


def _cell(value: Any) -> str:
    if isinstance(value, int | float):
        return f"<c><v>{value}</v></c>"
    return f'<c t="inlineStr"><is><t>{value}</t></is></c>'


def _book(sheets: Mapping[str, Sheet], hidden: Sequence[str]) -> str:
    entries = "".join(
        f'<sheet name="{name}" sheetId="{at}" r:id="r{at}" state="{"hidden" if name in hidden else "visible"}"/>'
        for at, name in enumerate(sheets, 1)
    )
    return f'<workbook xmlns="{_MAIN}" xmlns:r="{_DOCUMENT}"><sheets>{entries}</sheets></workbook>'


def _relations(parts: Sequence[tuple[str, str]]) -> str:
    entries = "".join(
        f'<Relationship Id="r{at}" Type="{_DOCUMENT}/{kind}" Target="{target}"/>'
        for at, (kind, target) in enumerate(parts, 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{entries}</Relationships>'


def _types(sheets: int) -> str:
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{at}.xml" ContentType="{kind}.worksheet+xml"/>'
        for at in range(1, sheets + 1)
    )
    return (
        f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>{overrides}</Types>'
    )
