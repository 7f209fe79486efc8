"""What is no table, or one that nobody should send: one sentence says what it is and what to do, and memory is flat."""

import io
import tracemalloc
import zipfile

import pytest
import xlwt

from services.registration.intake.files import table_reader
from services.registration.intake.files.reading_options import AS_FOUND
from services.registration.intake.files.row_spool import RowSpool
from services.registration.intake.files.tables import MOST_COLUMNS, Table
from services.registration.intake.values import Refusal
from tests.unit.registration.table_reading import found, read, refusal, workbook

CONTENT = "Nama Usaha;NIB;Alamat\n" + "Toko Maju;0000100009211;Jl. Mawar 1\n" * 20
CELLS = [("Toko Maju", "0000100009211", "Jl. Mawar 1")] * 20

OF_A_BYTE = (
    *("ascii", "utf-8", "utf-8-sig", "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1256", "cp850", "cp437"),
    *("latin-1", "iso8859-2", "iso8859-9", "iso8859-15", "koi8-r", "mac-roman", "gb18030", "big5", "shift-jis"),
)
"""Encodings in which a table without foreign letters is the same bytes."""


@pytest.mark.parametrize("encoding", [*OF_A_BYTE, "utf-16", "utf-16-le", "utf-16-be", "utf-32", "euc-kr"])
def test_a_table_is_read_in_any_encoding_that_can_be_told(encoding: str) -> None:
    assert read(CONTENT.encode(encoding)).cells == CELLS


@pytest.mark.parametrize("encoding", ["cp500", "utf-32-le", "utf-32-be"])
def test_of_other_encodings_nothing_is_read_wrongly(encoding: str) -> None:
    answer = found(CONTENT.encode(encoding))
    if isinstance(answer, Refusal):
        assert answer.code == "malformed"
    else:
        assert answer.cells == CELLS


def encrypted_xls() -> bytes:
    """An XLS whose first record after the beginning says that it is encrypted."""
    book, content = xlwt.Workbook(), io.BytesIO()
    book.add_sheet("Data").write(0, 0, "Nama Usaha")
    book.save(content)
    plain = content.getvalue()
    at = plain.index(b"\x09\x08\x10\x00") + 4 + 16
    return plain[:at] + b"\x2f\x00" + plain[at + 2 :]


def encrypted_xlsx() -> bytes:
    return (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 2000 + "EncryptedPackage".encode("utf-16-le") + b"\x00" * 2000
    )


def encrypted_zip() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.csv", CONTENT)
    content = bytearray(packed.getvalue())
    for head, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(head) + flags] |= 1
    return bytes(content)


def truncated_zip() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.csv", CONTENT)
    return packed.getvalue()[:-30]


@pytest.mark.parametrize(
    ("content", "what", "advice"),
    [
        (b"", "empty", ""),
        (b"\xff\xfe", "empty", ""),
        (b"\x00" * 5000, "empty", ""),
        ("nama usaha\nToko\n" * 3, "No header", "two column names"),
        (b"%PDF-1.7\n" + b"x" * 9000, "a PDF document", "save the table as"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF" + b"\x00\xff" * 5000, "a photo", "save the table as"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 500, "a picture", "save the table as"),
        (encrypted_xls(), "protected by a password", "save it without one"),
        (encrypted_xlsx(), "protected by a password", "save it without one"),
        (encrypted_zip(), "protected by a password", "send the table without one"),
        (truncated_zip(), "damaged", "send that"),
        (workbook({"Data": [["Nama Usaha", "NIB"], ["Toko", ""]]})[:-300], "damaged", "send that"),
        (b"\x1f\x8b\x08\x00" + b"\x00" * 30, "damaged", "send that"),
        (bytes(range(1, 32)) * 300, "kind that we do not read", "save the table as"),
    ],
)
def test_what_is_no_table_is_called_what_it_is_and_what_to_do_is_said(
    content: bytes | str, what: str, advice: str
) -> None:
    answer = refusal(content)
    assert answer.code == "malformed"
    assert what in answer.detail
    assert advice in answer.detail
    assert "\n" not in answer.detail


def test_of_ten_thousand_columns_a_thousand_are_read_and_rows_beyond_are_refused() -> None:
    names = [f"k{n}" for n in range(10_000)]
    names[:2] = "nama usaha", "nib"
    cells = ["x"] * 10_000
    rows = found("\n".join(map(";".join, (names, cells))))
    assert not isinstance(rows, Refusal)
    assert (len(rows.table.header), [row.fits for row in rows.rows]) == (MOST_COLUMNS, [False])


def test_nul_bytes_and_half_characters_leave_texts_that_can_be_kept() -> None:
    content = b"nama usaha;nib\nTo\x00ko;\n" + b"Kios \xed\xa0\x80;\n" + b"Warung \xf0\x9f;\n"
    cells = [cell for row in read(content).cells for cell in row]
    assert cells[0] == "Toko"
    for cell in cells:
        assert "\x00" not in cell
        cell.encode()


class Endless(io.RawIOBase):
    """A header, a row, then one line of a gigabyte, then a row: never in memory."""

    _LENGTH = 1 << 30
    _START = b"nama usaha;nib\nToko;\nKios"
    _END = b"\nWarung;\n"

    def __init__(self) -> None:
        self._at = 0

    def seek(self, at: int, whence: int = 0) -> int:
        size = len(self._START) + self._LENGTH + len(self._END)
        self._at = at if whence == 0 else (self._at if whence == 1 else size) + at
        return self._at

    def read(self, size: int = -1) -> bytes:
        assert size >= 0, "the file is read whole"
        at, middle = self._at, len(self._START)
        if at < middle:
            block = self._START[at : at + size]
        elif at < middle + self._LENGTH:
            block = _X[: min(size, middle + self._LENGTH - at)] if size <= len(_X) else _X
        else:
            block = self._END[at - middle - self._LENGTH :][:size]
        self._at += len(block)
        return block


_X = b"x" * (1 << 20)


def test_a_line_of_a_gigabyte_is_streamed_and_costs_its_own_row_alone() -> None:
    tracemalloc.start()
    with RowSpool() as rows:
        table = table_reader.read(Endless(), "partners", AS_FOUND, rows)  # type: ignore[arg-type]
        kept = [(row.line, row.fits, len(row.cells[0])) for row in rows]
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert isinstance(table, Table)
    assert kept == [(2, True, 4), (3, False, 1 << 20), (4, True, 6)]
    assert most < 32 << 20
