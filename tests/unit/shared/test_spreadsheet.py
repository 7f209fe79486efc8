"""What is handed out opens in a spreadsheet as the text it is."""

import pytest

from services.coverage.api import spreadsheet
from shared.spreadsheet import as_csv, guarded


@pytest.mark.parametrize("cell", ["=1", " =1", " =1+1", "+1-2", "-2", "@x", "\t=1", "\r=1", " +62"])
def test_no_cell_is_a_formula(cell: str) -> None:
    assert guarded(cell) == "'" + cell
    assert f"'{cell}" in spreadsheet.answer("x", ["name"], [[cell]]).body.decode("utf-8-sig")


@pytest.mark.parametrize("cell", ["+6281234567002", "-", "", "Toko = Baik", "3311024908000000"])
def test_phones_and_plain_texts_stay_as_they_are(cell: str) -> None:
    assert guarded(cell) == cell
    assert spreadsheet.answer("x", ["name"], [["a", cell]]).body.decode("utf-8-sig") == f"name\r\na,{cell}\r\n"


def test_numbers_stay_numbers_and_headers_are_guarded_too() -> None:
    assert as_csv(["=a", "b"], [[-1, None], [0.5, "-"]]) == "'=a,b\r\n-1,\r\n0.5,-\r\n"
