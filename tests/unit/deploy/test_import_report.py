"""What of a file was not read is shown after an import."""

import io

import pytest
from rich.console import Console

from deploy.local import import_preview
from deploy.local.commands.imports import KINDS, _about_the_file, _left_out, _print_report


def test_columns_and_sheets_that_were_not_read_are_named() -> None:
    report = {
        "columns": [
            {"header": "NO", "read_as": None},
            {"header": "NIB", "read_as": "nib"},
            {"header": "", "read_as": None},
        ],
        "reading": {"other_sheets": ["Baki"], "hidden_sheets": []},
    }
    assert _left_out(report) == {"columns not read": ["NO"], "sheets not read": ["Baki"]}


def test_what_is_to_be_said_of_a_column_that_is_read_is_shown() -> None:
    columns = [
        {"header": "Kode\x1b", "read_as": "ref", "note": "It repeats."},
        {"header": "NO", "read_as": None, "note": "-"},
    ]
    report = {"list": "umkm", "similar_lists": [], "columns": columns, "reading": {}}
    assert _about_the_file(report, is_list_named=True) == ["list: umkm", "column Kode?: It repeats."]


def test_a_name_from_a_file_cannot_steer_the_terminal() -> None:
    report = {"columns": [{"header": "\x1b[2Jx\u202e", "read_as": None}], "reading": {}}
    assert _left_out(report) == {"columns not read": ["?[2Jx?"]}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_upload_says_how_it_is_taken_back(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    counts = dict.fromkeys(("rows", "accepted", "created", "merged", "unchanged", "rejected", "skipped"), 1)
    by_reason = {name: {} for name in ("rejected_by", "warnings", "notes", "skipped_by")}
    about = {"id": "01-x", "kind": kind, "list": "a", "similar_lists": [], "columns": [], "reading": {}}
    _print_report(counts | by_reason | about | {"dry_run": False}, None, is_list_named=True)
    assert "import 01-x: ./payung undo takes it back" in capsys.readouterr().out


def test_a_preview_shows_how_the_file_is_read_and_its_rows_as_understood() -> None:
    preview = {
        "of_rows": 2_000,
        "is_whole": False,
        "reading": {"format": "text", "encoding": "utf-8", "separator": ";", "header_row": 3},
        "columns": [
            {"header": "NIB", "read_as": "nib", "confidence": 0.5},
            {"header": "[bold]Kode\x1b", "read_as": None, "confidence": None},
        ],
        "rows": [
            {"line": 4, "fields": {"name": "Toko", "programmes": ["JKK", "JKM"]}, "warnings": [], "refused": None},
            {
                "line": 5,
                "fields": {"name": "[/]" + "x" * 99},
                "warnings": [],
                "refused": {"code": "invalid_nib", "field": "nib", "detail": "…"},
            },
        ],
    }
    console = Console(width=160, file=io.StringIO(), highlight=False)
    import_preview.show(console, preview)
    shown = console.file.getvalue()
    assert "read as: format text, encoding utf-8, separator semicolon, header row 3" in shown
    assert "judged from the first 2000 rows" in shown
    assert "50%" in shown
    assert "[bold]Kode?" in shown
    assert "JKK, JKM" in shown
    assert "refused: invalid_nib (nib)" in shown


def test_what_all_rows_of_a_preview_say_is_said_once_and_long_numbers_are_whole_on_a_narrow_terminal() -> None:
    fields = {"nik": "3311021402880001", "kind": "business", "region": "33.11", "phone": "+6286012345678"}
    rows = [
        {"line": 2, "fields": fields | {"name": "Toko Satu"}, "warnings": [], "refused": None},
        {
            "line": 3,
            "fields": fields | {"name": "Toko Dua", "nik": "3311021402880002"},
            "warnings": [],
            "refused": None,
        },
    ]
    preview = {"of_rows": 2, "is_whole": True, "reading": {}, "columns": [], "rows": rows}
    console = Console(width=80, file=io.StringIO(), highlight=False)
    import_preview.show(console, preview)
    shown = console.file.getvalue()
    assert "in each of these rows: kind business, region 33.11, phone +6286012345678" in shown
    assert "3311021402880002" in shown
    assert shown.count("business") == 1
    assert "accepted" not in shown
