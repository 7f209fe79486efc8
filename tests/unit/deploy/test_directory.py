"""The stack's directory: private files, one holder, helpful words when nothing is up."""

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local import credentials, directory, endpoints, status
from deploy.local.endpoints import Endpoints
from deploy.local.failure import Failure

KNOWN = Endpoints("http://r", "http://c", "http://n", "k:1", "postgresql://", "pyk_1", {"dinkop": "pyk_2"})


def test_what_is_written_is_for_its_owner_alone(tmp_path: Path) -> None:
    home = directory.opened(tmp_path / "new")
    home.write("endpoints.json", {"a": 1})
    assert stat.S_IMODE(home.file("endpoints.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(home.path.stat().st_mode) == 0o700
    assert home.read("endpoints.json") == {"a": 1}
    assert home.read("nothing.json") is None


def test_a_file_that_is_no_json_is_named(tmp_path: Path) -> None:
    (tmp_path / "ports.json").write_text("{half")
    with pytest.raises(Failure, match=r"ports\.json"):
        directory.opened(tmp_path).read("ports.json")


def test_a_directory_has_one_holder(tmp_path: Path) -> None:
    home = directory.opened(tmp_path)
    assert directory.holder(home) is None
    with directory.held(home):
        assert directory.holder(home) == os.getpid()
        with pytest.raises(Failure, match="already running"), directory.held(home):
            pass
    assert directory.holder(home) is None


def test_a_holder_that_was_killed_holds_nothing(tmp_path: Path) -> None:
    code = "import os, sys; from deploy.local import directory as d; from pathlib import Path\n"
    code += "with d.held(d.opened(Path(sys.argv[1]))): os.kill(os.getpid(), 9)"
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False, cwd=directory.ROOT)
    assert (tmp_path / "lock").read_text()
    assert directory.holder(directory.opened(tmp_path)) is None


def test_what_a_former_holder_said_does_not_count(tmp_path: Path) -> None:
    home = directory.opened(tmp_path)
    home.write(directory.STATE, {"pid": 1, "phase": "ready", "since": 0, "parts": []})
    with directory.held(home):
        assert directory.state(home) is None
        assert status.of(tmp_path) == {"running": True, "ready": False, "data": str(home.path), "parts": []}


def test_endpoints_are_read_while_the_stack_is_up(tmp_path: Path) -> None:
    home = directory.opened(tmp_path)
    endpoints.publish(home, KNOWN)
    with directory.held(home):
        assert endpoints.load_endpoints(tmp_path) == KNOWN
        endpoints.add_agency_key(tmp_path, "bps", "pyk_3")
        assert endpoints.load_endpoints(tmp_path).agency_keys == {"dinkop": "pyk_2", "bps": "pyk_3"}
    assert endpoints.agency_keys(home) == {"dinkop": "pyk_2", "bps": "pyk_3"}


def test_a_key_that_was_revoked_is_removed_another_is_not(tmp_path: Path) -> None:
    home = directory.opened(tmp_path)
    endpoints.publish(home, KNOWN)
    with directory.held(home):
        endpoints.add_agency_key(tmp_path, "bps", "pyk_abc_rest")
        endpoints.remove_agency_key(tmp_path, "bps", "other")
        assert "bps" in endpoints.load_endpoints(tmp_path).agency_keys
        endpoints.remove_agency_key(tmp_path, "bps", "abc")
        assert endpoints.load_endpoints(tmp_path).agency_keys == {"dinkop": "pyk_2"}


def test_a_stack_that_is_still_starting_is_not_called_down(tmp_path: Path) -> None:
    with directory.held(directory.opened(tmp_path)), pytest.raises(Failure, match="is still starting, or stopping"):
        endpoints.load_endpoints(tmp_path)


def test_a_write_that_fails_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    home = directory.opened(tmp_path)
    home.write("state.json", {"a": 1})
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        home.write("state.json", {"a": 2})
    assert home.read("state.json") == {"a": 1}
    assert not list(tmp_path.glob(".state*"))


def test_without_a_stack_one_line_says_what_to_do(tmp_path: Path) -> None:
    endpoints.publish(directory.opened(tmp_path), KNOWN)
    with pytest.raises(Failure, match=r"no stack is up on .*: start it with \./payung up --data "):
        endpoints.load_endpoints(tmp_path)


def test_credentials_are_made_once(tmp_path: Path) -> None:
    home = directory.opened(tmp_path)
    first = credentials.of(home)
    assert credentials.of(home) == first
    assert first.admin_key.startswith("pyk_")
    assert len({first.postgres, *first.roles.values()}) == 4


def test_a_place_that_cannot_hold_data_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Failure, match="cannot use"):
        directory.opened(tmp_path / "file" / "below")
