"""What we hand out opens in a spreadsheet as the text it is."""

import pytest

from services.registration.api.imports import harmless


@pytest.mark.parametrize("cell", ["=1", " =1", "+1-2", "-2", "@x", "\t=1", "\r=1", " +62"])
def test_no_cell_is_a_formula(cell: str) -> None:
    assert harmless(cell) == "'" + cell


@pytest.mark.parametrize("cell", ["+6281234567002", "-", "", "Toko = Baik", "3311024908000000"])
def test_phones_and_plain_texts_stay_as_they_are(cell: str) -> None:
    assert harmless(cell) == cell
