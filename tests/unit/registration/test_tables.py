"""Text files are read whatever their encoding, separator and decoration; one bad line costs itself."""

import codecs
import gzip
import io
import zipfile
from tempfile import TemporaryFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.registration.intake.files import row_spool, table_reader
from services.registration.intake.files.reading_options import ReadingOptions
from services.registration.intake.files.row_spool import RowSpool
from services.registration.intake.files.tables import Row, squeeze
from services.registration.intake.values import Refusal
from shared.spreadsheet import as_csv
from tests.unit.registration.table_reading import field_case, found, read, refusal


def rows(content: str | bytes) -> list[tuple[int, tuple[str, ...], bool]]:
    return [(row.line, row.cells, row.fits) for row in read(content).rows]


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
        codecs.BOM_UTF16_BE + "nama usaha;nib\nKafé;1\n".encode("utf-16-be"),
        "nama usaha;nib\nKafé;1\n".encode("utf-16-le"),
        "nama usaha;nib\nKafé;1\n".encode("utf-32"),
    ],
)
def test_the_encoding_is_detected(content: bytes) -> None:
    assert rows(content) == [(2, ("Kafé", "1"), True)]


def test_one_byte_of_another_encoding_costs_its_own_line_alone() -> None:
    content = "nama usaha;alamat\nRoti “Bu Andai”;Jl. 1\n".encode() + b"Warung;Caf\xe9\n"
    assert rows(content) == [(2, ("Roti “Bu Andai”", "Jl. 1"), True), (3, ("Warung", "Café"), True)]
    assert read(content).table.reading["encoding"] == "utf-8 and windows-1252"


def test_the_field_case_of_one_foreign_byte_is_read() -> None:
    assert read(field_case("22-")).column("name") == ["Roti “Bu Andai”", "Toko Jum’at Berkah", "Warung Biasa"]


@pytest.mark.parametrize("odd", [b"\xed\xa0\x80", b"\xff", b"\x81", b"\xc3"])
def test_bytes_that_are_no_character_anywhere_leave_a_text_that_can_be_kept(odd: bytes) -> None:
    ((_, cells, fits),) = rows(b"nama usaha;nib\nTo" + odd + b"ko;1\n")
    assert fits
    assert cells[0].encode().startswith(b"To")


def test_half_a_surrogate_pair_leaves_a_text_that_can_be_kept() -> None:
    content = "nama usaha;nib\nToko ".encode("utf-16") + b"\x00\xd8" + ";1\n".encode("utf-16-le")
    ((_, cells, _),) = rows(content)
    assert cells[0].encode()


def test_nul_characters_are_dropped() -> None:
    assert rows("nama usaha;nib\nTo\x00ko;1\n".encode("utf-16")) == [(2, ("Toko", "1"), True)]
    assert rows(b"nama usaha;nib\nTo\x00ko;1\n") == [(2, ("Toko", "1"), True)]


def test_a_row_of_another_width_does_not_fit() -> None:
    assert [fits for _, _, fits in rows("nama usaha;nib\na\na;b\na;b;c\n")] == [False, True, False]


def test_columns_without_name_at_the_end_of_the_header_may_be_left_out() -> None:
    assert rows("nama usaha;nib;;\na;1\nb;2;;\nc;3; \nd;4;;5\n") == [
        (2, ("a", "1"), True),
        (3, ("b", "2"), True),
        (4, ("c", "3"), True),
        (5, ("d", "4", "", "5"), False),
    ]


def test_an_empty_cell_too_many_is_a_misfit_unless_most_rows_have_it() -> None:
    assert [fits for _, _, fits in rows("nama usaha;nib\na;1\nb;2\nshifted;x;\n")] == [True, True, False]
    assert rows("nama usaha;nib\na;1;\nb;2;\nc;3\n") == [
        (2, ("a", "1"), True),
        (3, ("b", "2"), True),
        (4, ("c", "3"), True),
    ]


def test_a_quoted_cell_may_hold_the_separator_and_line_breaks() -> None:
    assert rows('nama usaha;nib\n"Toko; Besar\nSekali";1\nb;2\n') == [
        (2, ("Toko; Besar\nSekali", "1"), True),
        (4, ("b", "2"), True),
    ]


def test_a_quote_never_closed_costs_its_own_line_only() -> None:
    found = rows('nama usaha;nib\n"Toko;1\nb;2\nc;3\n')
    assert [(line, fits) for line, _, fits in found] == [(2, False), (3, True), (4, True)]


def test_lines_that_are_quoted_as_a_whole_are_opened() -> None:
    content = '"Nama Usaha;NIB"\n"Toko ""A"";1"\n"Kios;2"\n'
    assert rows(content) == [(2, ('Toko "A"', "1"), True), (3, ("Kios", "2"), True)]
    assert rows('Nama Usaha;NIB\n"Toko; Besar"\n') == [(2, ("Toko; Besar",), False)]


def test_a_quote_within_a_cell_is_a_character() -> None:
    assert rows('nama usaha;nib\nToko 5";1\nb;2\n')[0] == (2, ('Toko 5"', "1"), True)


def test_a_file_without_header_is_refused() -> None:
    assert refusal("halo\ndunia\n").detail.startswith("No header")


def test_an_empty_file_is_called_empty() -> None:
    for content in (b"", b"\xef\xbb\xbf\r\n \n", b"\xff\xfe", b"\n\n\n"):
        assert refusal(content).detail == "The file is empty."


SENT = st.lists(
    st.sampled_from(list("=+-@＝'\";|\t\n, 0a\u200b")) | st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]),
    max_size=12,
).map("".join)


@settings(max_examples=500)
@given(st.lists(st.tuples(SENT, SENT), min_size=1, max_size=4))
def test_our_own_csv_is_taken_back_as_the_cells_it_was_made_of(cells: list[tuple[str, str]]) -> None:
    sent = [(f"Toko {number}", *row) for number, row in enumerate(cells)]
    table = read(as_csv(("Nama Usaha", "KAB/KOTA", "=Alamat"), sent))
    assert table.table.header == ("Nama Usaha", "KAB/KOTA", "=Alamat")
    assert [row.cells for row in table.rows] == sent


def test_an_apostrophe_that_keeps_a_phone_number_a_text_is_no_part_of_it() -> None:
    assert rows("Nama Usaha,No HP\nToko 'Anu','+6281234567002\n") == [(2, ("Toko 'Anu'", "+6281234567002"), True)]


def test_the_check_at_the_door_refuses_what_reading_would_refuse() -> None:
    for content in (b"", b"halo\ndunia\n", b"%PDF-1.7 x", field_case("real-headers/k-"), field_case("26-")):
        refused = table_reader.check(io.BytesIO(content), "partners", ReadingOptions())
        assert refused == refusal(content)


def test_archives_with_one_table_are_read() -> None:
    plain = b"nama usaha;nib\nToko;1\n"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("data/daftar.csv", plain)
        archive.writestr("__MACOSX/daftar.csv", b"x")
    for content in (gzip.compress(plain), packed.getvalue()):
        assert rows(content) == [(2, ("Toko", "1"), True)]


def zip_of(**files: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"%PDF-1.7\n%\xe2\xe3", "a PDF document"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "a photo"),
        (b"\x89PNG\r\n\x1a\n\x00", "a picture"),
        (b"Rar!\x1a\x07\x01\x00", "a RAR archive"),
        (b"<html><body><table></table></body></html>", "a web page"),
        (b"\xef\xbb\xbf  <!DOCTYPE html><html>", "a web page"),
        ("<table><tr><td>".encode("utf-16"), "a web page"),
        (b'<?xml version="1.0"?><Workbook>', "XML"),
        (b'[{"nama usaha": "x", "nib": 1}]', "JSON"),
        (bytes(range(1, 32)) * 40, "a kind that we do not read"),
        (zip_of(a=b"nama;nib\n", b=b"x"), "exactly one file"),
        (zip_of(**{"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"}), "a text document"),
        (zip_of(inner=zip_of(a=b"x")), "another archive"),
        (zip_of(a=b"nama;nib\n" * 100)[:-30], "damaged"),
        (zip_of(a=b"nama;nib\n" * 100)[:40], "damaged"),
        (gzip.compress(b"nama usaha;nib\nToko;1\n" * 50)[:-12], "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "password"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "WordDocument".encode("utf-16-le"), "another program"),
    ],
)
def test_what_is_no_table_is_called_what_it_is(content: bytes, sentence: str) -> None:
    refused = refusal(content)
    assert (refused.code, refused.field) == ("malformed", "file")
    assert sentence in refused.detail


def test_text_that_only_begins_like_a_picture_is_text() -> None:
    assert rows("BMT nama;nama usaha;nib\n1;Toko;1\n")[0][1] == ("1", "Toko", "1")


def test_a_cell_is_cut_off_from_an_endless_line_and_its_row_refused() -> None:
    content = b"nama usaha;nib\nToko;1\n" + b"x" * (3 << 20) + b";1\nKios;2\n"
    assert [(line, fits) for line, _, fits in rows(content)] == [(2, True), (3, False), (4, True)]
    many = b"nama usaha;nib\n" + b";".join([b"x"] * 5000) + b"\nKios;2\n"
    assert [(line, len(cells), fits) for line, cells, fits in rows(many)] == [(2, 1000, False), (3, 2, True)]


def test_more_rows_than_a_file_may_have_are_refused_with_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_reader, "MOST_ROWS", 2)
    assert found("nama usaha;nib\na;1\nb;2\n")
    assert refusal("nama usaha;nib\na;1\nb;2\nc;3\n") == table_reader.TOO_MANY


def test_names_of_columns_are_compared_without_case_and_punctuation() -> None:
    assert {squeeze(name) for name in ("KAB/KOTA", "kab_kota", "Kab.  Kota ")} == {"kab kota"}


def test_reading_ends_soon_after_nobody_wants_it_any_more() -> None:
    asked = iter([True, False])
    with RowSpool() as rows, TemporaryFile() as file:
        file.write(b"nama usaha;nib\n" + b"a;1\n" * 30_000)
        with pytest.raises(table_reader.Interrupted):
            table_reader.read(file, "partners", ReadingOptions(), rows, lambda: next(asked))
        assert len(rows) < 30_000


def test_rows_are_sorted_and_given_out_in_chunks_that_memory_bears(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_spool, "RUN", 10)
    monkeypatch.setattr(row_spool, "MOST_CHARACTERS", 100)
    with RowSpool() as rows:
        for number in range(95):
            rows.add(Row(number, (f"{number * 37 % 95:02d}", "x" * (number % 7)), True))
        rows.sort(lambda row: (row.cells[0], "", row.line))
        chunks = list(rows.chunks(5, 30))
    assert [row.cells[0] for chunk in chunks for row in chunk] == [f"{number:02d}" for number in range(5, 95)]
    assert max(map(len, chunks)) <= 30
    assert all(sum(len(cell) for row in chunk for cell in row.cells) <= 100 for chunk in chunks)


_PIECES = st.sampled_from(
    [
        b";",
        b",",
        b"\t",
        b'"',
        b"\n",
        b"\r",
        b"\r\n",
        b"\x00",
        b"\xff",
        b"\xef\xbb\xbf",
        b"nama usaha",
        b"nib",
        b"JUMLAH",
        b"1",
    ]
)


@settings(max_examples=300)
@given(st.lists(st.one_of(_PIECES, st.binary(max_size=6)), max_size=60), st.booleans())
def test_whatever_is_sent_is_a_table_or_refused_with_a_sentence(pieces: list[bytes], is_listed: bool) -> None:
    answer = found((b"nama usaha;nib;alamat\n" if is_listed else b"") + b"".join(pieces))
    if isinstance(answer, Refusal):
        assert answer.detail.endswith(".")
        return
    for row in answer.rows:
        "".join(row.cells).encode()
        assert row.fits == (len(row.cells) == len(answer.table.header))
    numbers = [row.line for row in answer.rows]
    assert numbers == sorted(set(numbers))
