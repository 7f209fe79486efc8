"""What of a file was not read is shown after an import."""

from deploy.local.commands.imports import _left_out


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


def test_a_name_from_a_file_cannot_steer_the_terminal() -> None:
    report = {"columns": [{"header": "\x1b[2Jx\u202e", "read_as": None}], "reading": {}}
    assert _left_out(report) == {"columns not read": ["?[2Jx?"]}
