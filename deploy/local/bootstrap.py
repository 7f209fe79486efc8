"""Makes .venv from requirements.lock. Run by ./payung with the system's Python, so: the standard library alone.

Several first calls at once are safe (one works, the others wait); what a killed call left half made is made again.
The stamp is the checksum of the lock file that the environment was made from, written last.
"""

import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Unable(Exception):
    """One line for the user."""


def main(root: Path, checksum: str) -> int:
    try:
        with _locked(root):
            if not _is_complete(root, checksum):
                _set_up(root, checksum)
    except Unable as reason:
        print(f"payung: {reason}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("payung: the set-up was interrupted; the next call continues", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"payung: cannot set up {root}/.venv: {error}", file=sys.stderr)
        return 1
    return 0


@contextmanager
def _locked(root: Path) -> Iterator[None]:
    directory = os.open(root, os.O_RDONLY)
    os.set_inheritable(directory, True)  # an installer that outlives a killed call makes others wait
    try:
        try:
            fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _print("waiting for another call that is setting up Payung …")
            fcntl.flock(directory, fcntl.LOCK_EX)
        yield
    finally:
        os.close(directory)


def _is_complete(root: Path, checksum: str) -> bool:
    stamp = root / ".venv" / "payung.stamp"
    return stamp.is_file() and stamp.read_text().strip() == checksum and (root / ".venv/bin/python").exists()


def _set_up(root: Path, checksum: str) -> None:
    began, venv, lock = time.monotonic(), root / ".venv", root / "requirements.lock"
    stamp = venv / "payung.stamp"
    if stamp.exists() and _works(venv / "bin/python"):
        _print("the packages changed: bringing .venv up to date …")
    else:
        _print(f"setting up Payung in {venv} (only once; a minute or so) …")
        _create(venv)
    stamp.unlink(missing_ok=True)
    _install(venv, lock)
    part = venv / "payung.stamp.part"
    part.write_text(checksum + "\n")
    part.replace(stamp)
    _print(f"set up in {time.monotonic() - began:.0f} s")


def _works(python: Path) -> bool:
    return python.exists() and _succeeds([str(python), "-c", "import sys; sys.exit(sys.version_info < (3, 11))"])


def _create(venv: Path) -> None:
    shutil.rmtree(venv, ignore_errors=True)
    if _succeeds([sys.executable, "-m", "venv", "--without-pip", str(venv)]):
        return
    shutil.rmtree(venv, ignore_errors=True)
    if _succeeds([sys.executable, "-m", "virtualenv", "--no-download", str(venv)]) or (
        shutil.which("uv") and _succeeds(["uv", "venv", "--no-project", "--python", sys.executable, str(venv)])
    ):
        return
    raise Unable("this Python cannot make environments; on Debian: apt-get install python3-venv")


def _install(venv: Path, lock: Path) -> None:
    """uv is many times faster than pip, so pip (if that is what we have) installs uv from the lock, and uv the rest."""
    python = str(venv / "bin/python")
    uv = _own_uv(python, lock) or shutil.which("uv")
    quiet = [] if sys.stderr.isatty() else ["--quiet"]  # its list of 90 packages helps nobody in a log
    if uv and _run_visibly(
        [uv, "pip", "sync", *quiet, "--require-hashes", "--python", python, str(lock)], _uv_environment()
    ):
        return
    pip = _pip(python)
    if pip is None:
        raise Unable("found neither pip nor uv to install packages; on Debian: apt-get install python3-venv")
    if not _run_visibly([*pip, "install", *quiet, "--require-hashes", "--no-deps", "-r", str(lock)], dict(os.environ)):
        raise Unable("the packages could not be installed (see above); is the network reachable?")


def _own_uv(python: str, lock: Path) -> "str | None":
    pinned = re.search(r"^uv==.*(?:(?<=\\)\n.*)*", lock.read_text(), re.MULTILINE)
    pip = _pip(python) if pinned else None
    if pinned is None or pip is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        alone = Path(folder, "uv.lock")
        alone.write_text(pinned.group() + "\n")
        only_wheels = ["install", "--quiet", "--require-hashes", "--no-deps", "--only-binary=:all:", "-r", str(alone)]
        done = _succeeds([*pip, *only_wheels])
    uv = Path(python).with_name("uv")
    return str(uv) if done and uv.exists() else None


def _pip(python: str) -> "list[str] | None":
    """A pip that installs into the environment: the one Python carries, else the system's."""
    for wheel in _wheels():
        return [python, f"{wheel}/pip"]
    system = [sys.executable, "-m", "pip", "--python", python]
    return system if _succeeds([*system, "--version"]) else None


def _wheels() -> Iterator[Path]:
    try:
        import ensurepip
    except ImportError:
        pass
    else:
        yield from Path(ensurepip.__file__).parent.glob("_bundled/pip-*.whl")
    yield from Path("/usr/share/python-wheels").glob("pip-*.whl")


def _uv_environment() -> "dict[str, str]":
    """uv does not read pip's settings: hand over the ones that say where packages come from. Who has no cache of uv's
    finds all that we keep in one folder, beside Kafka's jars."""
    names = {"PIP_INDEX_URL": "UV_DEFAULT_INDEX", "PIP_EXTRA_INDEX_URL": "UV_INDEX", "PIP_FIND_LINKS": "UV_FIND_LINKS"}
    known = {uv: os.environ[pip] for pip, uv in names.items() if os.environ.get(pip)}
    if not os.access(os.path.expanduser("~"), os.W_OK):
        known["UV_NO_CACHE"] = "1"
    caches = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"))
    if not (caches / "uv").exists():
        known["UV_CACHE_DIR"] = str(Path(os.environ.get("PAYUNG_CACHE") or caches / "payung") / "uv")
    return {**known, **os.environ}


def _succeeds(argv: "list[str]") -> bool:
    try:
        return (
            subprocess.run(argv, capture_output=True, check=False, stdin=subprocess.DEVNULL, close_fds=False).returncode
            == 0
        )
    except OSError:
        return False


def _run_visibly(argv: "list[str]", environment: "dict[str, str]") -> bool:
    try:
        return subprocess.run(argv, stdout=sys.stderr, check=False, env=environment, close_fds=False).returncode == 0
    except OSError:
        return False


def _print(line: str) -> None:
    print(f"payung: {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
