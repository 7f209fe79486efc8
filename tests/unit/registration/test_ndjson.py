"""A JSON object on each line: its keys are columns, numbers keep every digit, and a bad line costs itself alone."""

import gzip
import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registration.intake.contexts import UploadContext
from services.registration.intake.files.ndjson import NO_OBJECT
from services.registration.intake.jurisdiction import Jurisdiction
from services.registration.intake.row_reader import RowReader
from services.registration.intake.values import Refusal
from shared.regions import Regions
from tests.unit.registration.table_reading import read, refusal

ROWS = [
    {"nama usaha": "Toko", "nik": 3311004101800061, "kab_kota": "Sukoharjo", "jumlah pekerja": 2},
    {"nama usaha": "Kios", "kab_kota": "Sukoharjo", "catatan": None, "jumlah pekerja": "1.500"},
]


def written(rows: Any) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def refused(content: str) -> list[tuple[int, str | None, str]]:
    """(line, field, sentence) of the rows that are refused."""
    table = read(content)
    upload = UploadContext(Jurisdiction(Regions.load(), ("ID",)), "l", date(2021, 1, 1))
    reader = RowReader("partners", table.table.header, upload)
    answers = [(row.line, reader.read(row)) for row in table.rows]
    found = [(line, answer) for line, answer in answers if isinstance(answer, Refusal)]
    assert all(answer.code == "malformed" for _, answer in found), found
    return [(line, answer.field, answer.detail) for line, answer in found]


@pytest.mark.parametrize(
    "pack", [str.encode, lambda text: gzip.compress(text.encode()), lambda text: b"\n" + text.encode()]
)
def test_keys_are_columns_and_numbers_keep_every_digit(pack: Any) -> None:
    table = read(pack(written(ROWS)))
    assert table.table.header == ("nama usaha", "nik", "kab_kota", "jumlah pekerja", "catatan")
    assert table.cells == [
        ("Toko", "3311004101800061", "Sukoharjo", "2", ""),
        ("Kios", "", "Sukoharjo", "1.500", ""),
    ]
    assert table.table.reading["format"] == "ndjson"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("rows", [ROWS, [ROWS[0] | {"catatan": "x" * 9000}, *ROWS]])
def test_objects_in_wide_characters_are_recognised(encoding: str, rows: Any) -> None:
    table = read(written(rows).encode(encoding))
    assert (table.table.rows, table.table.reading["format"]) == (len(rows), "ndjson")
    assert "one JSON document" in refusal('[{"nama usaha": "Toko"}]'.encode(encoding)).detail


def test_a_key_that_appears_late_is_a_column_of_all_rows() -> None:
    rows = [{"nama usaha": f"Toko {n}", "kab_kota": "Sukoharjo"} for n in range(500)]
    table = read(written([*rows, rows[0] | {"nib": "1"}]))
    assert (table.table.rows, table.column("nib")[-2:]) == (501, ["", "1"])


def test_bad_lines_are_refused_by_name_and_the_others_go_on() -> None:
    nested = [{"nama usaha": "A", "kab_kota": {"kode": 1}}, {"nama usaha": "B", "kab_kota": "x", "program": ["JKK"]}]
    lines = '[1, 2]\n{"nama usaha": \n"halo"\n{"nama usaha": "C", "nama usaha": "D"}\n' + "[" * 9000 + "\n"
    found = refused(written(ROWS) + written(nested) + lines)
    assert [(line, field) for line, field, _ in found] == [
        (3, "kab_kota"),
        (4, "program"),
        (5, None),
        (6, None),
        (7, None),
        (8, "nama usaha"),
        (9, None),
    ]
    assert "an object" in found[0][2]
    assert "a list" in found[1][2]
    assert "no JSON object" in found[2][2]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ('[{"nama usaha": "Toko"}]', "each row as an object on a line of its own"),
        ('{\n  "nama usaha": "Toko"\n}', "each row as an object on a line of its own"),
        ('{"a": 1, "b": 2}\n', "No object has two keys"),
        ('{"specversion": "1.0", "id": "1", "source": "/a", "type": "partner.listed", "data": {}}\n', "/v1/events"),
    ],
)
def test_other_json_is_refused_with_what_to_do(content: str, sentence: str) -> None:
    assert sentence in refusal(content).detail


def test_columns_may_be_given_a_meaning_and_a_header_row_may_not_be_said() -> None:
    table = read('{"merek": "Toko", "k": 1}\n', columns={"merek": "name", "k": "ref"})
    assert table.cells == [("Toko", "1")]
    assert refusal(written(ROWS), header_row=1).field == "header_row"
    assert refusal(written(ROWS), sheet="Data").field == "sheet"


def test_nul_is_left_out_and_what_stands_for_no_character_or_number_costs_its_line() -> None:
    content = '{"nama usaha": "T\\u0000oko", "kab_kota\\u0000": "\\u0053olo"}\n'
    bad = ('{"nama usaha": "T\\ud800", "kab_kota": "Solo"}', '{"nama usaha": "T", "kab_kota": NaN}')
    table = read(content + "\n".join(bad) + "\n")
    assert table.cells[0] == ("Toko", "Solo")
    assert [row.fault for row in table.rows if row.fault] == [("", NO_OBJECT)] * 2


TEXT = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), max_size=20)


@given(st.lists(st.tuples(TEXT, st.integers(0, 10**20), TEXT), min_size=1, max_size=5), st.booleans())
def test_what_was_written_is_read(rows: list[tuple[str, int, str]], ascii_only: bool) -> None:
    objects = [{"nama usaha": f"T{name}", "nik": number, "kab_kota": place} for name, number, place in rows]
    content = "".join(json.dumps(each, ensure_ascii=ascii_only) + "\n" for each in objects)
    assert read(content).cells == [(f"T{name}", str(number), place) for name, number, place in rows]
