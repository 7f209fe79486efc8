"""Tables of known content, written by the programs that agencies use: what is read back equals the table."""

import csv
import gzip
import io
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
import xlsxwriter
import xlwt
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.registration.table_reading import read
from tests.unit.registration.test_workbooks import ods

HEADER = ("Nama Usaha", "NIB", "Alamat", "Catatan")
LETTERS = 'abc XYZ019.,;:|\t"/-_()&<>%#@+=*'
ANY = st.characters(
    blacklist_categories=("Cs", "Cc", "Zl", "Zp"), blacklist_characters="'\ufeff", max_codepoint=0x1FFFF
)
"""But for the apostrophe, which before some marks is ours, against formulas."""
FOREIGN = "éñü"
"""In Windows-1252 no two of these are a character of UTF-8."""

Rows = list[tuple[str, ...]]


def tables(letters: Any) -> st.SearchStrategy[Rows]:
    """Rows that nothing but a table may be: each has a name and a number."""
    text = st.text(letters, max_size=12).map(str.strip)
    row = st.tuples(text.map(lambda each: f"T{each}"), st.sampled_from(("0000100009211", "0000100009212")), text, text)
    return st.lists(row.map(lambda cells: (*cells[:3], f"x{cells[3]}")), min_size=1, max_size=6)


ENCODINGS = {
    "utf-8": ANY,
    "utf-8-sig": ANY,
    "utf-16": ANY,
    "utf-16-le": st.sampled_from(LETTERS + FOREIGN),
    "utf-16-be": st.sampled_from(LETTERS + FOREIGN),
    "utf-32": ANY,
    "cp1252": st.sampled_from(LETTERS + FOREIGN),
    "latin-1": st.sampled_from(LETTERS + FOREIGN),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
@settings(max_examples=60)
@given(data=st.data())
def test_csv_in_any_dialect_is_read_as_it_was_written(encoding: str, data: st.DataObject) -> None:
    letters = ENCODINGS[encoding] | st.sampled_from(LETTERS) | st.just("\n")
    rows = data.draw(tables(letters))
    dialect = {
        "delimiter": data.draw(st.sampled_from(";,\t|")),
        "quoting": data.draw(st.sampled_from((csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC))),
        "lineterminator": data.draw(st.sampled_from(("\n", "\r\n"))),
    }
    text = io.StringIO()
    csv.writer(text, **dialect).writerows([HEADER, *rows])
    content = text.getvalue().encode(encoding)
    assert read(data.draw(st.sampled_from((bytes, gzip.compress)))(content)).cells == rows


def by_xlsxwriter(rows: Rows) -> bytes:
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    page = book.add_worksheet()
    for at, row in enumerate((HEADER, *rows)):
        page.write_row(at, 0, row)
    book.close()
    return content.getvalue()


def by_openpyxl(rows: Rows) -> bytes:
    book, content = openpyxl.Workbook(), io.BytesIO()
    for row in (HEADER, *rows):
        book.active.append(row)
    for line in book.active.iter_rows():
        for cell in line:
            cell.data_type = "s"
    book.save(content)
    return content.getvalue()


def by_xlwt(rows: Rows) -> bytes:
    book, content = xlwt.Workbook(), io.BytesIO()
    page = book.add_sheet("Data")
    for at, row in enumerate((HEADER, *rows)):
        for column, cell in enumerate(row):
            page.write(at, column, cell)
    book.save(content)
    return content.getvalue()


def by_odf(rows: Rows) -> bytes:
    from xml.sax.saxutils import escape

    return ods([[escape(cell) for cell in row] for row in (HEADER, *rows)])


@pytest.mark.parametrize("write", [by_xlsxwriter, by_openpyxl, by_xlwt, by_odf])
@settings(max_examples=6)
@given(data=st.data())
def test_workbooks_of_any_program_are_read_as_they_were_written(
    write: Callable[[Rows], bytes], data: st.DataObject
) -> None:
    letters = st.sampled_from('abc XYZ019.,;:|"/-_()%#@é€“日').map(str)
    if write is not by_odf:
        letters |= st.characters(
            blacklist_categories=("Cs", "Cc", "Co", "Cn", "Zl", "Zp"), blacklist_characters="'", max_codepoint=0xFFFD
        )
    rows = data.draw(tables(letters.filter(lambda each: each not in "_")))
    if write is by_odf:
        rows = [tuple(" ".join(cell.split()) for cell in row) for row in rows]
    assert read(write(rows)).cells == rows
