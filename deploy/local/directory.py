"""The directory of one stack: what is kept in it, who holds it, what the parts and the commands read from it."""

import fcntl
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.local.failure import Failure

ROOT = Path(__file__).resolve().parents[2]
"""The project's root."""

STATE = "state.json"
DEFAULT = ROOT / ".payung"


class AlreadyUp(Failure):
    """Another process holds the directory."""


@dataclass(frozen=True)
class Directory:
    """All paths below DIR. Everything is for its owner only: it holds keys and personal data."""

    path: Path

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    def file(self, name: str) -> Path:
        return self.path / name

    def read(self, name: str) -> dict[str, Any] | None:
        """The JSON object in this file, None if there is no such file."""
        try:
            content: dict[str, Any] = json.loads(self.file(name).read_text())
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise Failure(f"cannot read {self.file(name)}: {error}") from error
        return content

    def write(self, name: str, content: dict[str, Any], *, durable: bool = False) -> None:
        """Replace the file at once, mode 0600; if `durable`, a power cut leaves the former or this one, whole."""
        handle, part = tempfile.mkstemp(dir=self.path, prefix=f".{name}.")
        try:
            with os.fdopen(handle, "w") as file:
                json.dump(content, file, indent=1)
                file.flush()
                if durable:
                    os.fsync(handle)
            os.replace(part, self.file(name))
        except OSError:
            os.unlink(part)
            raise
        if durable:
            _make_durable(self.path)

    def remove(self, name: str) -> None:
        self.file(name).unlink(missing_ok=True)


def opened(path: Path) -> Directory:
    """The directory, made if need be."""
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        directory = Directory(path.resolve())
        directory.logs.mkdir(exist_ok=True)
        if not os.access(directory.path, os.W_OK | os.X_OK):
            raise PermissionError(f"not writable by {_whoami()}")
    except OSError as error:
        raise Failure(f"cannot use {path} for the data: {error}") from error
    return directory


@contextmanager
def changing(directory: Directory) -> Iterator[None]:
    """Wait for, then keep off, whoever else reads a file of the directory in order to replace it."""
    handle = os.open(directory.path, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _make_durable(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _whoami() -> str:
    return f"user {os.geteuid()}"


@contextmanager
def held(directory: Directory) -> Iterator[None]:
    """Hold the directory for as long as this process lives; AlreadyUp if another one holds it.

    The system releases the lock when its holder ends, however it ends, so no stale lock is left behind.
    """
    handle = os.open(directory.file("lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyUp(f"a stack on {directory.path} is already running") from None
        os.ftruncate(handle, 0)
        os.write(handle, str(os.getpid()).encode())
        yield
    finally:
        os.close(handle)


def state(directory: Directory) -> dict[str, Any] | None:
    """The last state written by the process that holds the directory; None if there is none."""
    pid = holder(directory)
    last = directory.read(STATE) if pid else None
    return last if last and last["pid"] == pid else None


def holder(directory: Directory) -> int | None:
    """The process that holds the directory, None if nobody does."""
    try:
        handle = os.open(directory.file("lock"), os.O_RDONLY)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Failure(f"cannot look into {directory.path}: {error}") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return int(os.read(handle, 20) or b"0") or None
    else:
        return None
    finally:
        os.close(handle)
