"""Files are read whatever their encoding, separator and decoration; one bad line costs itself."""

import codecs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.registration.intake import columns, tables
from services.registration.intake.tables import Table
from services.registration.intake.values import Refusal
from shared.spreadsheet import as_csv


def read(content: str | bytes, kind: str = "partners") -> Table | Refusal:
    raw = content.encode() if isinstance(content, str) else content
    return tables.read(raw, lambda name: columns.recognised(kind, name))


def rows(content: str | bytes) -> list[tuple[int, tuple[str, ...], bool]]:
    table = read(content)
    assert isinstance(table, Table), table
    return [(row.line, row.cells, row.fits) for row in table.rows]


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_separator_and_line_ends_are_detected(delimiter: str, end: str) -> None:
    lines = [delimiter.join(("Nama Usaha", "KAB/KOTA")), delimiter.join(("Toko", "Sukoharjo"))]
    assert rows(end.join(lines)) == [(2, ("Toko", "Sukoharjo"), True)]


@pytest.mark.parametrize(
    "content",
    [
        "nama usaha;nib\nKafé;1\n".encode(),
        codecs.BOM_UTF8 + "nama usaha;nib\nKafé;1\n".encode(),
        "nama usaha;nib\nKafé;1\n".encode("cp1252"),
        "nama usaha;nib\nKafé;1\n".encode("utf-16"),
    ],
)
def test_the_encoding_is_detected(content: bytes) -> None:
    assert rows(content) == [(2, ("Kafé", "1"), True)]


def test_lines_above_the_header_do_not_count_and_blank_and_sum_lines_are_skipped() -> None:
    table = read("DAFTAR\n\nnama usaha;nib\nToko;1\n\n;\nJUMLAH;5\ntotal;5\n")
    assert isinstance(table, Table)
    assert (len(table.rows), table.skipped) == (1, 4)


def test_a_row_of_another_width_does_not_fit() -> None:
    assert [fits for _, _, fits in rows("nama usaha;nib\na\na;b\na;b;c\n")] == [False, True, False]


def test_a_quoted_cell_may_hold_the_separator_and_line_breaks() -> None:
    assert rows('nama usaha;nib\n"Toko; Besar\nSekali";1\nb;2\n') == [
        (2, ("Toko; Besar\nSekali", "1"), True),
        (4, ("b", "2"), True),
    ]


def test_a_quote_never_closed_costs_its_own_line_only() -> None:
    found = rows('nama usaha;nib\n"Toko;1\nb;2\nc;3\n')
    assert [(line, fits) for line, _, fits in found] == [(2, False), (3, True), (4, True)]


def test_a_quote_within_a_cell_is_a_character() -> None:
    assert rows('nama usaha;nib\nToko 5";1\nb;2\n')[0] == (2, ('Toko 5"', "1"), True)


def test_a_file_without_header_is_refused() -> None:
    assert isinstance(read("halo\ndunia\n"), Refusal)
    assert isinstance(read(b""), Refusal)


@pytest.mark.parametrize("sum_line", ["Jumlah :;7", "TOTAL.;7", "jumlah;7", " Total:;"])
def test_lines_of_sums_are_no_rows_however_they_end(sum_line: str) -> None:
    table = read(f"nama usaha;nib\nToko;1\n{sum_line}\n")
    assert isinstance(table, Table)
    assert (len(table.rows), table.skipped) == (1, 1)


def test_utf_16_has_no_nul_either() -> None:
    assert rows("nama usaha;nib\nTo\x00ko;1\n".encode("utf-16")) == [(2, ("Toko", "1"), True)]


def test_an_empty_file_is_called_empty() -> None:
    for content in (b"", b"\xef\xbb\xbf\r\n \n"):
        refusal = tables.without_header(content, lambda _: True)
        assert refusal is not None
        assert refusal.detail == "The file is empty."


SENT = st.lists(
    st.sampled_from(list("=+-@＝'\";|\t\n, 0a\u200b")) | st.characters(codec="utf-8", exclude_characters="\r\x00"),
    max_size=12,
).map("".join)


@settings(max_examples=500, derandomize=True, deadline=None)
@given(st.lists(st.tuples(SENT, SENT), min_size=1, max_size=4))
def test_our_own_csv_is_taken_back_as_the_cells_it_was_made_of(cells: list[tuple[str, str]]) -> None:
    sent = [(f"Toko {number}", *row) for number, row in enumerate(cells)]
    table = read(as_csv(("Nama Usaha", "KAB/KOTA", "=Alamat"), sent))
    assert isinstance(table, Table)
    assert table.header == ("Nama Usaha", "KAB/KOTA", "=Alamat")
    assert [row.cells for row in table.rows] == sent


def test_an_apostrophe_that_keeps_a_phone_number_a_text_is_no_part_of_it() -> None:
    assert rows("Nama Usaha,No HP\nToko 'Anu','+6281234567002\n") == [(2, ("Toko 'Anu'", "+6281234567002"), True)]
