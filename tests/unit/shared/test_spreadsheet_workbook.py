"""A workbook of texts holds every cell as it is."""

import io

import openpyxl

from shared.spreadsheet_workbook import LONGEST_CELL, WorkbookWriter


def written(*rows: list[str]) -> list[tuple[str | None, ...]]:
    content = io.BytesIO()
    writer = WorkbookWriter(content, ["NIK", "Nama"])
    writer.add(rows)
    writer.close()
    return list(openpyxl.load_workbook(content).active.iter_rows(min_row=2, values_only=True))  # type: ignore[union-attr]


def test_numbers_and_formulas_stay_texts() -> None:
    rows = written(["3311004101800021", "=1+1"], ["0812", "https://usaha.example"], ["", "{=1}"], ["1E5", " spasi "])
    assert rows == [
        ("3311004101800021", "'=1+1"),
        ("0812", "https://usaha.example"),
        (None, "{=1}"),
        ("1E5", " spasi "),
    ]


def test_figures_are_numbers_as_far_as_a_spreadsheet_keeps_them() -> None:
    assert written([12, 0.5], [10**15, None]) == [(12, 0.5), (str(10**15), None)]  # type: ignore[list-item]


def test_a_cell_that_no_workbook_holds_says_that_it_is_cut() -> None:
    ((_, text),) = written(["", "x" * (LONGEST_CELL + 1)])
    assert text is not None
    assert len(text) == LONGEST_CELL
    assert text.endswith("the CSV has it whole)")
