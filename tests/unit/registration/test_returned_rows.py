"""Refused rows that come back are rows again, and those whose cells could not be told apart are refused as before."""

import pytest

from services.registration.intake import returned_rows
from services.registration.intake.values import Refusal
from tests.unit.registration.reading import read as answers_to
from tests.unit.registration.table_reading import read

OWN = "nama usaha;nik;kab_kota;jumlah pekerja;catatan"
HEADER = f"{OWN};error_code;error_field;error_detail;error_line"
ROW = "Toko;;Sukoharjo;2;"


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("[1, 2];;;;;malformed;;This line is no JSON object;3", "malformed"),
        ("KECAMATAN GROGOL;;;;;malformed;;x;3", "malformed"),
        (";;;;;malformed;;x;3", "malformed"),
        ('Toko;;Sukoharjo;["a"];;malformed;jumlah pekerja;x;3', "malformed"),
        (f"{ROW};malformed;jumlah pekerja;x;3", None),
        (f"{ROW};malformed;;x;3", None),
        ("Toko;Sukoharjo;2;baik;;wrong_column_count;;x;3", "wrong_column_count"),
        ("Toko;;Sukoharjo;2;baik | sekali;wrong_column_count;;x;3", "wrong_column_count"),
        ("Toko;;Sukoharjo;2;baik;wrong_column_count;;x;3", None),
        (f"{ROW};;;;3", None),
        (f"{ROW};invalid_nib;nib;x;3", None),
    ],
)
def test_a_row_that_comes_back_as_it_was_is_refused_as_before(row: str, code: str | None) -> None:
    content = f"{HEADER}\n1;1;1;1;1;;;;1\n{row}\n"
    assert read(content).table.rows == 2
    (answer,) = answers_to("partners", HEADER, [row])
    assert (answer.code if isinstance(answer, Refusal) else None) == code


def test_a_title_that_was_no_row_is_none_when_our_columns_say_nothing_of_it() -> None:
    assert read(f"{HEADER}\n1;1;1;1;1;;;;1\nKECAMATAN GROGOL;;;;;;;;\n").table.skipped_by == {"section_title": 1}


def test_our_columns_are_known_however_they_are_spelled() -> None:
    header = ("Nama", "Error Code", "ERROR_DETAIL", "catatan")
    assert returned_rows.own(header) == [0, 3]
