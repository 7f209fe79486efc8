"""`./payung restore FILE`: everything is made beside the directory and takes its place when it is whole."""

import asyncio
import json
import os
import re
import shutil
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import IO, Any

from deploy.local import credentials, directory
from deploy.local.backup import database_dump
from deploy.local.backup.container import Damaged, Reader
from deploy.local.backup.offline_server import offline_server
from deploy.local.backup.saving import DATABASE, FILES, KAFKA, MANIFEST, Report
from deploy.local.directory import ROOT, Directory
from deploy.local.failure import Failure
from deploy.local.postgres import SERVICES

_KAFKA_FILE = re.compile(r"kafka/data/([A-Za-z0-9._-]+/)?[A-Za-z0-9._-]+")
_PIECE = re.compile(r"postgres/\d{8}")
_COPY_BYTES = 1 << 20
_IGNORED = {"lock", "logs"}
"""What a command may have left in a directory that holds no stack."""


@dataclass(frozen=True)
class Contents:
    """What a backup holds: its moment, topics' partitions, bytes of the log and of the databases' dump, whether it is
    sealed."""

    made_at: str
    partitions: int
    log_bytes: int
    dump_bytes: int
    sealed: bool


def verify(file: Path, passphrase: bytes | None, report: Report) -> Contents:
    """Read the whole backup and write nothing. Raises Failure for one that could not be restored."""
    with _opened(file, passphrase, report) as backup:
        for member, content in backup.members():
            if content is not None:
                while content.read(_COPY_BYTES):
                    pass
            backup.note(member)
        return backup.contents()


def restore(file: Path, data: Path, passphrase: bytes | None, report: Report, *, replace: bool = False) -> Path | None:
    """Make the directory that was saved; returns where the one is that it replaced, None if there was none."""
    data = data.resolve()
    _check_free(data, replace)
    making = data.with_name(f".{data.name}.restoring-{os.getpid()}")
    try:
        home = directory.opened(making)
        with _opened(file, passphrase, report) as backup:
            asyncio.run(_restore(backup, home))
            backup.contents()
        report("making it durable", backup.reader.read_bytes)
        os.sync()
        return _take_place(making, data)
    except OSError as problem:
        raise Failure(f"cannot restore to {data}: {problem.strerror or problem}") from problem
    finally:
        shutil.rmtree(making, ignore_errors=True)


class _Backup:
    """One backup as it is read from its beginning to its end."""

    def __init__(self, reader: Reader, report: Report) -> None:
        self.reader, self._report = reader, report
        self.manifest: dict[str, Any] = {}
        self._partitions: set[str] = set()
        self._log_bytes = self._dump_bytes = 0

    def members(self) -> Iterator[tuple[tarfile.TarInfo, IO[bytes] | None]]:
        """Every file in its order, checked by name; the manifest first."""
        try:
            with tarfile.open(fileobj=self.reader, mode="r|", bufsize=_COPY_BYTES) as archive:  # type: ignore[call-overload]
                for member in archive:
                    content = archive.extractfile(member) if member.isreg() else None
                    if content is None or not _is_ours(member.name):
                        raise Damaged("it holds what no backup holds")
                    if member.name == MANIFEST:
                        self.manifest = json.loads(content.read())
                        _check_release(self.manifest["migrations"])
                    elif not self.manifest:
                        raise Damaged("it does not say what it holds")
                    self._report(_step(member.name), self.reader.read_bytes)
                    yield member, content
            self.reader.drain()
        except (tarfile.TarError, ValueError, KeyError) as problem:
            raise Damaged("it was damaged or changed") from problem

    def note(self, member: tarfile.TarInfo) -> None:
        if member.name.startswith(KAFKA):
            self._log_bytes += member.size
            self._partitions |= {member.name.rpartition("/")[0]} - {KAFKA.rstrip("/")}
        elif member.name.startswith(DATABASE):
            self._dump_bytes += member.size

    def contents(self) -> Contents:
        if not self._partitions or not self._dump_bytes:
            raise Damaged("it lacks the log or the databases")
        sealed = bool(self.reader.head.get("sealed"))
        return Contents(self.manifest["made_at"], len(self._partitions), self._log_bytes, self._dump_bytes, sealed)


@contextmanager
def _opened(file: Path, passphrase: bytes | None, report: Report) -> Iterator[_Backup]:
    try:
        with file.open("rb") as content:
            yield _Backup(Reader(content, passphrase), report)
    except FileNotFoundError:
        raise Failure(f"there is no file {file}") from None
    except OSError as problem:
        raise Failure(f"cannot read {file}: {problem.strerror or problem}") from problem
    except Failure as reason:
        raise Failure(f"{file} cannot be restored: {reason}; nothing was changed") from reason


async def _restore(backup: _Backup, home: Directory) -> None:
    members = backup.members()
    rest = _restore_files(backup, members, home)
    known = credentials.of(home)
    async with offline_server(home, known) as server:
        await database_dump.make_empty(server.dsn("postgres"), server.dsn(), known.roles)
        with database_dump.restoring(server.dsn()) as dump:
            for member, content in rest:
                assert content is not None
                backup.note(member)
                shutil.copyfileobj(content, dump, _COPY_BYTES)
        await database_dump.analyse(server.dsn())


def _restore_files(
    backup: _Backup, members: Iterator[tuple[tarfile.TarInfo, IO[bytes] | None]], home: Directory
) -> Iterator[tuple[tarfile.TarInfo, IO[bytes] | None]]:
    """Write everything up to the databases' dump; returns the pieces of that."""
    for member, content in members:
        if member.name.startswith(DATABASE):
            return chain([(member, content)], members)
        backup.note(member)
        if member.name != MANIFEST:
            path = home.file(member.name)
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                assert content is not None
                shutil.copyfileobj(content, file, _COPY_BYTES)
    raise Damaged("it lacks the databases")


def _is_ours(name: str) -> bool:
    return name in (MANIFEST, *FILES) or bool(_KAFKA_FILE.fullmatch(name) or _PIECE.fullmatch(name))


def _check_release(saved: dict[str, list[str]]) -> None:
    """A backup of a newer release has tables that this one does not know."""
    for service in SERVICES:
        unknown = set(saved.get(service, ())) - _known_migrations(service)
        if unknown:
            raise Failure(f"it was made by a newer release ({service} has {min(unknown)}): use that release")


def _known_migrations(service: str) -> set[str]:
    own = {path.name for path in (ROOT / "services" / service / "migrations").glob("*.sql")}
    return own | {f"bus/{path.name}" for path in (ROOT / "shared/bus/migrations").glob("*.sql")}


def _step(name: str) -> str:
    return "databases" if name.startswith(DATABASE) else f"log: {name.removeprefix(KAFKA)}"


def _check_free(data: Path, replace: bool) -> None:
    if directory.holder(Directory(data)):
        raise Failure(f"a stack is up on {data}: stop it with ./payung down, or restore to another --data DIR")
    if _holds_something(data) and not replace:
        raise Failure(f"{data} is not empty: restore to another --data DIR, or say --replace (it is kept beside it)")


def _holds_something(data: Path) -> bool:
    return data.exists() and (not data.is_dir() or any(entry.name not in _IGNORED for entry in data.iterdir()))


def _take_place(making: Path, data: Path) -> Path | None:
    """Move what is there aside and the new one to its place."""
    shutil.rmtree(making / "logs", ignore_errors=True)
    if not data.exists():
        making.rename(data)
        return None
    former = data.with_name(f"{data.name}.before-{time.strftime('%Y%m%d-%H%M%S')}")
    with directory.held(Directory(data)):
        data.rename(former)
        making.rename(data)
    if _holds_something(former):
        return former
    shutil.rmtree(former)
    return None
