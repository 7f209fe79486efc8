"""`python -m tests.planted [WORD …]`: plants each bug (whose name has one of the words) in a copy of the project and
runs its tests there: one must fail. Exit code 1 where a bug is not noticed."""

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from deploy.local.directory import ROOT
from tests.planted.bug import Bug
from tests.planted.bugs import BUGS

COPIED = (
    "services",
    "shared",
    "deploy",
    "tests",
    "docs",
    "pyproject.toml",
    "payung",
    "docker-compose.yml",
    "README.md",
)
TESTS_FAILED = 1
"""pytest's exit code; others mean that nothing was tested."""


def main(words: Sequence[str]) -> int:
    chosen = [bug for bug in BUGS if not words or any(word in bug.name for word in words)]
    with tempfile.TemporaryDirectory(prefix="payung-planted-") as folder:
        copy = copied(Path(folder))
        unnoticed = [bug.name for bug in chosen if not _is_noticed(bug, copy)]
    print(f"{len(chosen) - len(unnoticed)} of {len(chosen)} planted bugs were noticed")
    return 1 if unnoticed else 0


def copied(folder: Path) -> Path:
    """The project without its history; the environment is the same."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    return folder


def planted(bug: Bug, text: str) -> str:
    """The file's text with the bug in it. Raises ValueError where it no longer fits."""
    if text.count(bug.before) != 1:
        raise ValueError(f"{bug.file} holds {text.count(bug.before)} times what '{bug.name}' replaces")
    return text.replace(bug.before, bug.after)


def noticed_by(bug: Bug, copy: Path) -> str | None:
    """The test that fails with the bug, None where none does."""
    file = copy / bug.file
    sound = file.read_text()
    file.write_text(planted(bug, sound))
    try:
        return _first_failure(bug.tests, copy)
    finally:
        file.write_text(sound)


def _is_noticed(bug: Bug, copy: Path) -> bool:
    began = time.monotonic()
    by = noticed_by(bug, copy)
    print(f"{'noticed' if by else 'NOT NOTICED'}: {bug.name} ({time.monotonic() - began:.0f} s) {by or ''}", flush=True)
    return by is not None


def _first_failure(tests: Sequence[str], copy: Path) -> str | None:
    argv = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--no-header", "-rfE", *tests]
    done = subprocess.run(argv, cwd=copy, capture_output=True, text=True, timeout=900, check=False)
    if done.returncode == 0:
        return None
    if done.returncode != TESTS_FAILED:
        raise RuntimeError(f"pytest ended with {done.returncode}: {done.stdout[-1000:]}{done.stderr[-1000:]}")
    failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED tests/", "ERROR tests/"))]
    return failed[0].partition(" - ")[0] if failed else "a test"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
