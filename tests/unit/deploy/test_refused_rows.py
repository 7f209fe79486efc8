"""The refused rows that an import leaves beside the file are its owner's, and none are lost."""

import stat
from pathlib import Path

from deploy.local.commands.imports import _write_new


def test_refused_rows_are_their_owners_alone_and_replace_none(tmp_path: Path) -> None:
    first, second = (_write_new(tmp_path, "daftar.rejected", content) for content in (b"one", b"two"))
    assert (first.name, second.name) == ("daftar.rejected.csv", "daftar.rejected-2.csv")
    assert (first.read_bytes(), second.read_bytes()) == (b"one", b"two")
    assert {stat.S_IMODE(file.stat().st_mode) for file in (first, second)} == {0o600}
