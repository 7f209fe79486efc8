"""./payung on a machine that has Python and nothing else, in a copy with an empty lock: no network is needed."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local import bootstrap
from deploy.local.directory import ROOT

SAYS = "import json, os, sys; print(json.dumps([sys.argv[1:], os.getcwd(), sys.prefix]))"


def laid_out(place: Path) -> Path:
    """Only what the first call needs, in a path with spaces, behind a directory of mode 0700."""
    root = place / "home" / "pay ung"
    (root / "deploy/local").mkdir(parents=True)
    root.parent.chmod(0o700)
    shutil.copy(ROOT / "payung", root)
    shutil.copy(ROOT / "deploy/local/bootstrap.py", root / "deploy/local")
    (root / "deploy/local/__main__.py").write_text(SAYS)
    (root / "requirements.lock").write_text("# nothing\n")
    return root


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return laid_out(tmp_path)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment as the first call makes it."""
    root = laid_out(tmp_path_factory.mktemp("made"))
    result_of(call(root))
    return root / ".venv"


@pytest.fixture
def set_up(copy: Path, environment: Path) -> Path:
    """The same after the first call."""
    shutil.copytree(environment, copy / ".venv", symlinks=True)
    return copy


def call(root: Path, *arguments: str, cwd: Path | None = None) -> "subprocess.Popen[str]":
    argv = [str(root / "payung"), *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(argv, stdout=pipe, stderr=pipe, text=True, cwd=cwd or root)


def result_of(started: "subprocess.Popen[str]") -> tuple[list[object], str]:
    out, err = started.communicate(timeout=60)
    assert started.returncode == 0, err
    return json.loads(out), err


def test_the_first_call_sets_up_and_then_does_what_it_was_asked_to(copy: Path, tmp_path: Path) -> None:
    (arguments, cwd, prefix), err = result_of(call(copy, "import", "a file.csv", cwd=tmp_path))
    assert arguments == ["import", "a file.csv"]
    assert cwd == str(tmp_path)
    assert prefix == str(copy / ".venv")
    assert "setting up Payung" in err


def test_the_second_call_sets_nothing_up(set_up: Path) -> None:
    _, err = result_of(call(set_up))
    assert err == ""


def test_a_link_to_the_script_works_as_well(set_up: Path, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/payung").symlink_to("../home/pay ung/payung")
    (_, _, prefix), _ = result_of(call(tmp_path / "bin"))
    assert prefix == str(set_up / ".venv")


def test_two_first_calls_at_once_make_one_environment(copy: Path) -> None:
    both = [call(copy), call(copy)]
    errors = [result_of(started)[1] for started in both]
    assert sum("only once" in error for error in errors) == 1


def test_an_environment_that_was_half_made_is_made_again(copy: Path) -> None:
    (copy / ".venv/bin").mkdir(parents=True)
    (copy / ".venv/bin/python").symlink_to(sys.executable)
    _, err = result_of(call(copy))
    assert "setting up Payung" in err
    assert (copy / ".venv/pyvenv.cfg").exists()


def test_an_environment_whose_python_went_away_is_made_again(set_up: Path) -> None:
    (set_up / ".venv/bin/python").unlink()
    (set_up / ".venv/bin/python").symlink_to("/nowhere/python3")
    assert "setting up Payung" in result_of(call(set_up))[1]


def test_a_changed_lock_brings_the_environment_up_to_date(set_up: Path) -> None:
    (set_up / "requirements.lock").write_text("# something else\n")
    assert "bringing .venv up to date" in result_of(call(set_up))[1]
    assert result_of(call(set_up))[1] == ""


def test_the_certificates_of_the_office_are_handed_to_whatever_downloads(
    set_up: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "office.pem").touch()
    names = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")
    for name in names:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CERT", str(tmp_path / "office.pem"))
    (set_up / "deploy/local/__main__.py").write_text(f"import os; print([os.environ[name] for name in {names}])")
    out, _ = call(set_up).communicate(timeout=60)
    assert out.strip() == str([str(tmp_path / "office.pem")] * 2)


def test_packages_that_cannot_be_installed_are_reported_and_nothing_is_run(copy: Path) -> None:
    (copy / "requirements.lock").write_text("no-such-package @ file:///nowhere.whl --hash=sha256:00\n")
    started = call(copy)
    out, err = started.communicate(timeout=60)
    assert started.returncode == 1
    assert out == ""
    assert err.splitlines()[-1].startswith("payung: the packages could not be installed")
    assert "Traceback" not in err


def test_a_copy_that_is_not_whole_is_named(copy: Path) -> None:
    (copy / "requirements.lock").unlink()
    started = call(copy)
    _, err = started.communicate(timeout=60)
    assert started.returncode == 1
    assert err == f"payung: {copy}/requirements.lock is missing: this is not a whole copy of Payung\n"


def test_on_another_system_it_says_where_it_runs(copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/uname").write_text("#!/bin/sh\necho Darwin\n")
    (tmp_path / "bin/uname").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    started = call(copy)
    _, err = started.communicate(timeout=60)
    assert started.returncode == 1
    assert err == "payung: runs on Linux: macOS is not supported. Use a Linux virtual machine or container there\n"


def test_all_that_is_kept_outside_is_in_one_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XDG_CACHE_HOME", "PAYUNG_CACHE", "UV_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert bootstrap._uv_environment()["UV_CACHE_DIR"] == str(tmp_path / ".cache/payung/uv")
    (tmp_path / ".cache/uv").mkdir(parents=True)
    assert "UV_CACHE_DIR" not in bootstrap._uv_environment(), "an own cache of uv's is used"
