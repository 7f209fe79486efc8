"""A cluster's directory before the server runs on it."""

import os
import stat
from pathlib import Path

from deploy.local import postgres


def test_a_copied_directory_gets_the_owner_and_mode_that_postgresql_insists_on(tmp_path: Path) -> None:
    described = postgres.Postgres(tmp_path / "postgres", 1, "secret")
    (described.data / "base").mkdir(parents=True)
    (described.data / "base/1").touch()
    described.data.chmod(0o755)
    postgres.prepare(described)
    assert stat.S_IMODE(described.data.stat().st_mode) == 0o700
    owners = {path.stat().st_uid for path in (described.data, described.data / "base/1")}
    assert len(owners) == 1
    assert owners != {0} or os.geteuid() != 0
