"""A cluster's directory before the server runs on it."""

import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local import postgres, unprivileged
from deploy.local.failure import Failure
from deploy.local.process import as_user

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs programs as somebody else")


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
    assert "local all postgres scram-sha-256" in (described.data / "pg_hba.conf").read_text().splitlines()


def test_a_socket_of_somebody_else_is_not_taken(tmp_path: Path) -> None:
    described = postgres.Postgres(tmp_path / "postgres", 1, "secret")
    described.data.mkdir(parents=True)
    described.socket.symlink_to(tmp_path)
    with pytest.raises(Failure, match="does not belong to us"):
        postgres.prepare(described)


def test_a_long_path_has_its_socket_elsewhere(tmp_path: Path) -> None:
    short, long = (
        postgres.Postgres(Path(place), 1, "secret") for place in ("/srv/payung/postgres", "/srv/" + "x" * 90)
    )
    assert short.socket == short.home / "socket"
    assert long.socket.parent == Path(tempfile.gettempdir())
    assert short.dsn() == "postgresql://postgres:secret@%2Fsrv%2Fpayung%2Fpostgres%2Fsocket:1/payung"


@pytest.fixture
def readable() -> Iterator[Path]:
    """A new directory that everybody may enter."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def package_in(folder: Path) -> Path:
    (folder / "package/bin").mkdir(parents=True)
    (folder / "package.libs").mkdir()
    program = folder / "package/bin/program"
    program.write_text("#!/bin/sh\ntest -d ${0%/bin/*}.libs\n")
    program.chmod(0o700)
    return folder / "package"


@AS_ROOT
def test_programs_in_a_closed_folder_are_copied_for_their_user(
    tmp_path: Path, readable: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unprivileged, "COPIES", (tmp_path / "package/file/nowhere", readable / "copies"))
    package = package_in(tmp_path)
    (package / "file").touch()
    user = unprivileged.user_for(tmp_path / "none")
    assert user is not None
    for _ in range(2):
        unprivileged.reachable.cache_clear()
        program = unprivileged.reachable(package, "bin/program", user, "1.0")
        assert program == readable / "copies/package-1.0/package/bin/program"
        assert subprocess.run([program], check=False, **as_user(user)).returncode == 0
        assert (program.stat().st_uid, stat.S_IMODE(program.stat().st_mode)) == (0, 0o755)
    assert unprivileged.reachable(package, "bin/program", None, "1.0") == package / "bin/program"


@AS_ROOT
def test_a_copy_of_somebody_else_is_not_run(tmp_path: Path, readable: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unprivileged, "COPIES", (readable / "copies",))
    user = unprivileged.user_for(tmp_path / "none")
    (readable / "copies").mkdir()
    unprivileged.hand_over(readable / "copies", user)
    unprivileged.reachable.cache_clear()
    with pytest.raises(Failure, match="does not belong to root"):
        unprivileged.reachable(package_in(tmp_path), "bin/program", user, "1.0")
