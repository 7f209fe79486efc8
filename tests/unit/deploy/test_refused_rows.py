"""The refused rows that an import leaves beside the file are its owner's, and none are lost."""

import stat
from pathlib import Path

from deploy.local.commands.imports import _about_the_file, _write_new


def test_refused_rows_are_their_owners_alone_and_replace_none(tmp_path: Path) -> None:
    first, second = (_write_new(tmp_path, "daftar.rejected", "xlsx", content) for content in (b"one", b"two"))
    assert (first.name, second.name) == ("daftar.rejected.xlsx", "daftar.rejected-2.xlsx")
    assert (first.read_bytes(), second.read_bytes()) == (b"one", b"two")
    assert {stat.S_IMODE(file.stat().st_mode) for file in (first, second)} == {0o600}


def test_what_holds_for_the_whole_file_is_said_once() -> None:
    missing = {"field": "occurred_on", "known_as": ["tgl kejadian", "tanggal kejadian"]}
    reading = {"missing_columns": [missing]}
    report = {"list": "feb\x1b2026", "similar_lists": ["jan-2026"], "reading": reading, "columns": []}
    name, similar, column = _about_the_file(report, is_list_named=False)
    assert name == "list: feb?2026 (named after the file; --list gives another name)"
    assert "jan-2026" in similar
    assert "occurred_on" in column
    assert "tgl kejadian, tanggal kejadian" in column
    plain = report | {"similar_lists": [], "reading": {}}
    assert _about_the_file(plain, is_list_named=True) == ["list: feb?2026"]
