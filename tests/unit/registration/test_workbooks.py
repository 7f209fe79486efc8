"""Workbooks: the right sheet, both calendars, exact numbers, and no workbook takes the service with it."""

import base64
import io
import zipfile
import zlib

import pytest

from services.registration.intake.files.workbook_cells import text_of
from tests.unit.registration.table_reading import field_case, found, read, refusal, sheet, workbook

ROWS = [["Nama Usaha", "NIK", "Jumlah Pekerja"], ["Toko", "3311004101800061", 2]]


def test_the_field_case_of_a_messy_workbook_is_read() -> None:
    table = read(field_case("27-"))
    assert (table.table.rows, dict(table.table.skipped_by)) == (4, {"sum": 1})
    assert table.column("men") == ["2", "1", "1", "4"]
    assert table.column("nik")[1] == "3.31100020275006E+15"
    assert table.column("date") == ["2026-01-05", "2026-01-06", "2025-12-01", "7 Januari 2026"]
    reading = table.table.reading
    assert (reading["sheet"], reading["other_sheets"], reading["hidden_sheets"], reading["hidden_rows"]) == (
        "DATA",
        ["Petunjuk"],
        ["DATA 2025 (lama)"],
        1,
    )


def test_days_of_the_calendar_that_begins_in_1904_are_read() -> None:
    assert read(field_case("28-"), "enrollments").column("effective_on") == ["2024-01-01", "2024-02-01"]


def test_the_sheet_that_names_most_columns_is_read_unless_the_upload_says_which() -> None:
    content = workbook({"Petunjuk": [["Isi lembar Data"]], "Lama": [["nama", "nib"], ["x", ""]], "Data": ROWS})
    assert read(content).table.reading["sheet"] == "Data"
    assert read(content, sheet="Lama").cells == [("x", "")]
    refused = refusal(content, sheet="Daten")
    assert (refused.field, "'Petunjuk', 'Lama', 'Data'" in refused.detail) == ("sheet", True)


def test_sheets_that_are_as_good_as_the_one_that_was_read_are_shown() -> None:
    content = workbook({"Petunjuk": [["Isi"]], "Grogol": ROWS, "Baki": ROWS, "Rekap": [["nama", "nib"]]})
    reading = read(content).table.reading
    assert (reading["sheet"], reading["similar_sheets"]) == ("Grogol", ["Baki"])
    assert read(content, sheet="Baki").table.reading["similar_sheets"] == ["Grogol"]


def test_a_hidden_sheet_is_not_read_and_hidden_rows_are() -> None:
    content = workbook({"Data": [*ROWS, ["Kios", "", 1]], "Lama": [*ROWS, *ROWS[1:]]}, ["Lama"], hidden_rows=[3])
    table = read(content)
    assert (table.table.rows, table.table.reading["hidden_sheets"], table.table.reading["hidden_rows"]) == (
        2,
        ["Lama"],
        1,
    )


def test_cells_beside_the_table_are_counted_and_not_read() -> None:
    table = read(workbook({"Data": [*ROWS, ["Kios", "", 1, "", "hubungi Budi"]]}))
    assert table.cells[1] == ("Kios", "", "1")
    assert table.rows[1].fits
    assert table.table.reading["cells_outside"] == 1


def test_rows_bear_their_numbers_in_the_sheet() -> None:
    assert [row.line for row in read(workbook({"Data": [["Daftar"], [], *ROWS]})).rows] == [4]
    assert [row.line for row in read(workbook({"Data": [[], [], *ROWS]})).rows] == [4]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("00123", "00123"),
        (2.0, "2"),
        (123456789012345.0, "123456789012345"),
        (3311000202750062.0, "3.31100020275006E+15"),
        (12.5, "12.5"),
        (1.125, "1.1250"),
        (True, "TRUE"),
        (None, ""),
    ],
)
def test_cells_are_the_texts_that_a_spreadsheet_would_write(value: object, text: str) -> None:
    assert text_of(value) == text


def test_text_that_is_a_number_in_a_workbook_keeps_every_digit() -> None:
    assert read(workbook({"Data": ROWS})).column("nik") == ["3311004101800061"]


XLS = zlib.decompress(
    base64.b85decode(
        "c-rk)Pe>F|82`PQSzSffUDH4V8HB7%au*}K*j89#v9g8HAA%ZlNZoZ;*4;y0vTTn*(5dJm*rAKnC5sB`)*&$J5CnnNu~SgcL7l$$&5Wr"
        "TxR8c1zu|rFz3=_|=6&D$zBlt`Dl|RzuyzK^uoo)ktr8S1;t5J6ZY2n6w=7w7b3Y}^!-hhMpA=c-!_)HD#Zre--!o9~Kzm6P_(bUphR~"
        "Hxnff~70Lx$qDMOpk$o3T6p%g$3%T>wrJkw1~?{nX0O!qP8I@31lJ1tIQD%#c9>e%r~rJmaYL<J^!%m?N~P>om8jxXO3c3&U%XZnrg25"
        "YF($}kR6X@{9IGqPTRyC?<P+nZyt=2L`eRFS&J@!isaZ|=E%p?m!G<qHu1$5MXrANYP!;&T2?MFU1)ofFcS^W>Qg&34CeGn-2d<Pv$5V"
        "bUjg8rqGlF^gVl8k{PC&f$JNX%6-n8C|xLk#re@hJJk5=rdHRbRG!+hjW8Tqfd{U2{SWbP#EaGkkmU<L%A$1)}2nI$&a+OL?Yqv?npS&"
        "8V-l|L`r4AU<VUi;$X`8*p(6OrS)Yw#D_0PGSA-o`Zm@RkDg`D2nQ8A^lX*y2@6-`2pSw%Xt8M{kJ!odD$lxw%e73a=wwjd5U+L$heo;"
        "2HEwO7by^tjqT3dgw^KR)<>=$O{O9NnDo=FGT&kLQA00zIg~DDMFP~8~i6(LTmc)~&n+wNDePmkmo5S)eK}UAWiLVuylSh;gvV*WviAS"
        "<4IkaC`>s?jYPT<guxU2RXEZtRwcU8WzU2}KGt|?Sg7iuciG-ob#g}GFo%jfi0c`m7e=OmlTbCq(4+BGHTVl84NEqd_a!Gi}69z6U5$P"
        "1CY2C2?<&*xkwi=F>EbCl-2-z5Jnjv-A?mOd#DB1L%y7YnkV&F~3#F0sln?*BrG6SR5;3G}cWiGuByJ_f|%_gVG8;NLq!g|0teh@5M@{"
        "!g-e6H@"
    )
)
"""Excel 97: a sheet of instructions, then one with a header in its third line, a text NIK and a day as a day."""


def ods(rows: list[list[str]]) -> bytes:
    """A small ODS with these texts."""
    cells = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>' for cell in row
        )
        + "</table:table-row>"
        for row in rows
    )
    names = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text", "manifest")
    )
    content = f"<office:document-content {names}><office:body><office:spreadsheet>"
    content += f'<table:table table:name="Data">{cells}</table:table></office:spreadsheet></office:body>'
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("mimetype", kind)
        archive.writestr("content.xml", content + "</office:document-content>")
        entry = f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
        archive.writestr("META-INF/manifest.xml", f"<manifest:manifest {names}>{entry}</manifest:manifest>")
    return packed.getvalue()


def test_workbooks_of_other_programs_are_read() -> None:
    table = read(XLS)
    assert (table.table.reading["format"], table.table.reading["sheet"]) == ("xls", "Data")
    assert table.cells == [("Toko", "3311004101800061", "2", "2026-01-05")]
    assert table.rows[0].line == 4
    table = read(ods([["Nama Usaha", "NIB"], ["Toko", "0000100009211"]]))
    assert (table.table.reading["format"], table.cells) == ("ods", [("Toko", "0000100009211")])


def test_a_workbook_in_an_archive_is_read() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("daftar.xlsx", workbook({"Data": ROWS}))
    assert read(packed.getvalue()).table.reading["format"] == "xlsx"


def test_blank_rows_within_a_sheet_are_skipped_as_in_other_files() -> None:
    content = workbook({"Data": [[], *ROWS, [], ["Kios", "", 1], ["", "Jumlah", 3]]})
    table = read(content).table
    assert (table.rows, dict(table.skipped_by)) == (2, {"blank": 1, "sum": 1})


def replaced(content: bytes, name: str, part: bytes) -> bytes:
    """The workbook with one of its parts replaced."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new:
        for each in old.namelist():
            new.writestr(each, part if each == name else old.read(each))
    return changed.getvalue()


def test_a_sheet_of_one_cell_in_each_corner_is_refused_and_nobody_else_suffers() -> None:
    corners = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    part = sheet([]).replace("<sheetData>", "<sheetData>" + corners)
    content = replaced(workbook({"Data": ROWS}), "xl/worksheets/sheet1.xml", part.encode())
    assert "memory or time" in refusal(content).detail


def test_a_workbook_that_unpacks_to_gigabytes_is_refused() -> None:
    huge = replaced(workbook({"Data": ROWS}), "xl/worksheets/sheet1.xml", b" " * (600 << 20))
    assert len(huge) < 1 << 20
    assert "unpacks to more than" in refusal(huge).detail


def test_entities_of_a_document_type_are_not_expanded() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
        f'<!ENTITY {chr(98 + at)} "{"&" + chr(97 + at) + ";" * 1}{("&" + chr(97 + at) + ";") * 9}">' for at in range(9)
    )
    part = bomb + "]>" + sheet([["Nama Usaha", "NIB"], ["&j;", ""]])
    content = replaced(workbook({"Data": ROWS}), "xl/worksheets/sheet1.xml", part.encode())
    answer = found(content)
    texts = [] if not hasattr(answer, "cells") else [cell for row in answer.cells for cell in row]
    assert all(len(text) < 100 for text in texts)


def test_a_damaged_workbook_is_refused_with_what_to_do() -> None:
    content = workbook({"Data": ROWS})
    assert "damaged" in refusal(content[:-200]).detail
    broken = replaced(content, "xl/worksheets/sheet1.xml", b"<worksheet><sheetData><row><c t=")
    assert refusal(broken).code == "malformed"
