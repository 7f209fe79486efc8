"""What is handed out opens in a spreadsheet as the text it is."""

import csv
import io
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.spreadsheet import INDONESIAN, as_csv, guarded, unguarded


@pytest.mark.parametrize("cell", [
    "=1", " =1", " =1+1", "+1-2", "-2", "@x", " +62", "＝1", "＋1", "－1", "＠x", "﹦1",
    "\u200b=1", "\ufeff=1", "\u00a0=1",
    "\u2066=1", "\x00=1", '"=1', "'=1", "\tx", "\rx", "\nx", "'\tx",
])  # fmt: skip
def test_no_cell_is_a_formula(cell: str) -> None:
    assert guarded(cell) == "'" + cell


@pytest.mark.parametrize(("cell", "written"), [
    ("a;=1", "a;'=1"), ("a; =1", "a;' =1"), ("a|@x", "a|'@x"), ("a\t-2", "a\t'-2"), ("a\n=1", "a\n'=1"),
    ("a\r\n=1;=2", "a\r\n'=1;'=2"), ("\t=1", "'\t'=1"), ('a;"=1"', 'a;\'"=1"'), ("a;\u200b＝1", "a;'\u200b＝1"),
    ("+62|cmd|' /C calc'!A0", "'+62|cmd|' /C calc'!A0"), ("0812;+62813", "0812;'+62813"),
    ("a;'=1", "a;''=1"), ("=1;=1", "'=1;'=1"),
])  # fmt: skip
def test_no_cell_becomes_a_formula_where_another_separator_is_used(cell: str, written: str) -> None:
    assert guarded(cell) == written


@pytest.mark.parametrize("cell", [
    "+6281234567002", "-", "", "Toko = Baik", "3311024908000000", "Jl. Melati 5, -", "it's", "a;b",
])  # fmt: skip
def test_phones_and_plain_texts_stay_as_they_are(cell: str) -> None:
    assert guarded(cell) == cell == unguarded(cell)


PARTS = st.lists(
    st.sampled_from(list("=+-@＝＋'\";|\t\r\n, 0a\u200b\ufeff")) | st.characters(codec="utf-8"), max_size=12
)
CELLS = PARTS.map("".join)


@settings(max_examples=1000)
@given(CELLS)
def test_what_we_write_is_read_as_it_was(cell: str) -> None:
    assert unguarded(guarded(cell)) == cell


@settings(max_examples=300)
@given(st.lists(CELLS, min_size=2, max_size=4))
def test_whatever_separates_no_cell_begins_with_a_sign(cells: list[str]) -> None:
    lines = re.split("[\r\n]+", as_csv(["name"], [cells]))
    for separator in ";\t|":
        for field in (field for line in lines for field in line.split(separator)):
            seen = field.strip(' "\u200b\ufeff')
            assert seen[:1] not in tuple("=@＝＋"), (separator, field)
            assert seen[:1] not in tuple("+-") or re.match(r"(\+\d+|-)(,|$)", seen), (separator, field)


def test_a_long_cell_costs_no_time() -> None:
    for text in (";" * 500_000, "\t" * 500_000 + "=", "'" * 500_000, " " * 500_000 + "x=", "=;" * 100_000):
        assert unguarded(guarded(text)) == text


def test_numbers_stay_numbers_and_headers_are_guarded_too() -> None:
    assert as_csv(["=a", "b"], [[-1, None], [0.5, "-"]]) == "'=a,b\r\n-1,\r\n0.5,-\r\n"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.0812, "0,0812"),
        (1500, "1500"),
        ("33.10", '"=""33.10"""'),
        ("3311004101800021", '"=""3311004101800021"""'),
        ("0812", '"=""0812"""'),
        ("+6281234567002", '"=""+6281234567002"""'),
        ("1.250", '"=""1.250"""'),
        ("1-2", '"=""1-2"""'),
        ("3,31E+15", '"=""3,31E+15"""'),
        ("2026-01-31", "2026-01-31"),
        ("31/01/2026", "31/01/2026"),
        ("12", "12"),
        ("-", "-"),
        ("Jl. Melati 5; RT 01", '"Jl. Melati 5; RT 01"'),
        ("=1+1", "'=1+1"),
        ("-2+3", "'-2+3"),
        ("@x", "'@x"),
        (None, ""),
    ],
)
def test_a_spreadsheet_in_indonesia_opens_each_value_as_what_it_is(value: object, written: str) -> None:
    assert as_csv(["a", "b"], [["x", value]], INDONESIAN) == f"a;b\r\nx;{written}\r\n"


@settings(max_examples=500)
@given(st.lists(CELLS | st.from_regex(r"[+-]?[0-9][0-9.,E/:+-]*", fullmatch=True), min_size=1, max_size=3))
def test_what_is_written_for_a_spreadsheet_is_read_as_it_was(cells: list[str]) -> None:
    text = as_csv(None, [["x", *cells]], INDONESIAN)
    (row,) = csv.reader(io.StringIO(text, newline=""), delimiter=";")
    assert [unguarded(cell) for cell in row[1:]] == cells
