"""`./payung backup FILE`: one moment of the services' databases and of the log, while everything goes on.

For an instant nothing is published (the services go on taking events in). In it a snapshot of the databases is taken
and the log is held still: so the log holds nothing that the databases lack, what they have not published waits in
their outboxes, and no position is beyond the end. Then both are copied at leisure.
"""

import io
import json
import os
import tarfile
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from deploy.local import credentials, directory, stale_processes
from deploy.local.backup import database_dump
from deploy.local.backup.container import Writer
from deploy.local.backup.log_copy import FrozenFile, frozen, log_starts, whole_batches
from deploy.local.backup.offline_server import offline_server
from deploy.local.directory import Directory
from deploy.local.endpoints import AGENCY_KEYS, load_endpoints
from deploy.local.failure import Failure

MANIFEST = "backup.json"
DEMONSTRATION = "demonstration.json"
FILES = (credentials.FILE, AGENCY_KEYS, DEMONSTRATION)
"""What is kept of the directory itself: ports and addresses are those of wherever it is restored."""

KAFKA, DATABASE = "kafka/data/", "postgres/"
_STARTS = "log-start-offset-checkpoint"
_COPY_BYTES = 1 << 20

Report = Callable[[str, int], None]
"""Is told what is done now and how many bytes of the file are written."""


@dataclass(frozen=True)
class Saved:
    """The moment that was saved, the file's bytes and their SHA-256."""

    made_at: str
    size: int
    sha256: str


class _Hashed:
    """A file that knows the SHA-256 of what was written."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.hash = file, sha256()

    def write(self, data: bytes) -> int:
        self.hash.update(data)
        return self._file.write(data)


async def save(data: Path, file: Path, passphrase: bytes | None, report: Report, *, replace: bool = False) -> Saved:
    """Save the stack of this directory, running or not. The file appears once it is whole, for its owner alone."""
    home = Directory(data.resolve())
    if home.read(credentials.FILE) is None:
        raise Failure(f"there is no stack on {data}, so nothing to save: --data says which")
    if file.is_dir() or (file.exists() and file.stat().st_size and not replace):
        raise Failure(f"{file} exists: choose another name, or --replace it")
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as problem:
        raise Failure(f"cannot write {file}: {problem.strerror}") from problem
    try:
        with os.fdopen(handle, "wb") as output:

            def keep() -> None:
                output.flush()
                os.fsync(handle)
                os.replace(part, file)

            saved = await _save(home, data, output, passphrase, report, keep)
    except OSError as problem:
        raise Failure(f"cannot write {file}: {problem.strerror or problem}") from problem
    finally:
        part.unlink(missing_ok=True)
    return saved


async def _save(
    home: Directory,
    data: Path,
    output: BinaryIO,
    passphrase: bytes | None,
    report: Report,
    keep: Callable[[], None],
) -> Saved:
    """`keep` makes the file last; only then it counts as the last backup."""
    links = home.file(f"kafka/backup-{os.getpid()}")
    hashed = _Hashed(output)
    with ExitStack() as held:

        def freeze() -> list[FrozenFile]:
            return held.enter_context(frozen(home.file("kafka/data"), links))

        report("waiting for a moment in which nothing is published", 0)
        async with _database(home, data) as dsn, database_dump.moment(dsn, freeze) as (db, snapshot, files):
            moment = datetime.now(UTC)
            made_at = moment.isoformat(timespec="seconds")
            about = {"made_at": made_at, "migrations": await database_dump.migrations(db)}
            writer = Writer(hashed, passphrase, {"made_at": made_at})  # type: ignore[arg-type]
            with tarfile.open(fileobj=writer, mode="w|", bufsize=_COPY_BYTES) as archive:  # type: ignore[call-overload]
                _add(archive, MANIFEST, json.dumps(about).encode())
                for name in FILES:
                    if (content := home.read(name)) is not None:
                        _add(archive, name, json.dumps(content).encode())
                for frozen_file in _log_in_order(files):
                    report(f"log: {frozen_file.partition}", writer.written)
                    _add_log(archive, frozen_file, starts=_starts(files))
                for number, piece in enumerate(database_dump.dumped(dsn, snapshot)):
                    report("databases", writer.written)
                    _add(archive, f"{DATABASE}{number:08}", piece)
            writer.finish()
            keep()
            await database_dump.note_backup(dsn, moment)
    return Saved(made_at, writer.written, hashed.hash.hexdigest())


@asynccontextmanager
async def _database(home: Directory, data: Path) -> AsyncIterator[str]:
    """The administrator's DSN, of the running stack or of a server for this alone."""
    if directory.holder(home):
        yield load_endpoints(data).database
        return
    with directory.held(home):
        stale_processes.clear(home)
        async with offline_server(home, credentials.of(home)) as server:
            yield server.dsn()


def _starts(files: list[FrozenFile]) -> dict[str, int]:
    return next((log_starts(file.path.read_text()) for file in files if file.name == _STARTS), {})


def _log_in_order(files: list[FrozenFile]) -> list[FrozenFile]:
    """The cluster's own metadata last: nothing else of the log is of use without it."""
    return sorted(files, key=lambda file: (file.name.startswith("__"), file.name))


def _add_log(archive: tarfile.TarFile, file: FrozenFile, starts: dict[str, int]) -> None:
    first, end = 0, file.size
    if file.name.endswith(".log"):
        first, end = whole_batches(file, starts.get(file.partition, 0))
    with file.path.open("rb") as content:
        content.seek(first)
        archive.addfile(_member(KAFKA + file.name, end - first), content)


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    archive.addfile(_member(name, len(content)), io.BytesIO(content))


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    return member
