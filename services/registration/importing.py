"""Uploaded files are worked off in the background: a chunk's effects and the import's place are one transaction."""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

import asyncpg

from services.registration import columns, tables
from services.registration.chunks import Chunk, DryRun, Line
from services.registration.commands import Enrolled
from services.registration.privacy import Vault
from services.registration.rows import Reader
from services.registration.senders import Sender
from services.registration.values import Refusal
from services.registration.work import QUERIES
from services.registration.writer import Writer
from shared.database import UNAVAILABLE, transaction
from shared.observability import get_logger
from shared.regions import Regions
from shared.service import PartStatus

log = get_logger(__name__)

CHUNK = 5_000
POLL_SECONDS = 1.0


class Here(Protocol):
    """What the worker needs of the service."""

    @property
    def pool(self) -> asyncpg.Pool: ...
    @property
    def vault(self) -> Vault: ...
    @property
    def writer(self) -> Writer: ...
    @property
    def regions(self) -> Regions: ...
    @property
    def jkp(self) -> bool: ...
    @property
    def wake_imports(self) -> Any: ...


@dataclass(frozen=True)
class File:
    """A file as read: its rows in the order in which they are judged."""

    header: tuple[str, ...]
    lines: tuple[Line, ...]
    skipped: int
    reader: Reader


def read(kind: str, content: bytes, sender: Sender, regions: Regions) -> File | Refusal:
    """Pure: the file's rows with what they ask for. One participant's enrolments are judged by day, then line."""
    table = tables.read(content, lambda name: columns.recognised(kind, name))
    if isinstance(table, Refusal):
        return table
    reader = Reader(kind, table, sender, regions)
    lines = [Line(row, reader.read(row)) for row in table.rows]
    if kind == "enrollments":
        lines.sort(key=_by_participant)
    return File(table.header, tuple(lines), table.skipped, reader)


def _by_participant(line: Line) -> tuple[str, str, int]:
    command = line.answer
    if not isinstance(command, Enrolled):
        return ("", "", line.row.line)
    return (command.participant_no, command.effective_on.isoformat(), line.row.line)


class ImportWorker:
    """Works off one upload at a time, the oldest first, and goes on where a killed one stopped."""

    name = "imports"

    def __init__(self, here: Here) -> None:
        self._here = here
        self._stopping = False
        self._progress = time.monotonic()
        self._trouble: str | None = None

    async def run(self) -> None:
        while not self._stopping:
            try:
                record = await self._here.pool.fetchrow(QUERIES["claim_import"])
                if record is not None:
                    await self._work_off(record)
                self._trouble = None
                if record is not None:
                    continue
            except UNAVAILABLE as problem:
                self._trouble = type(problem).__name__
                log.warning("imports wait for the database", problem=self._trouble)
            await self._pause()

    async def stop(self) -> None:
        self._stopping = True
        self._here.wake_imports.event.set()

    def status(self) -> PartStatus:
        return PartStatus(live=True, ready=True, detail={"trouble": self._trouble})

    async def _pause(self) -> None:
        event = self._here.wake_imports.event
        with suppress(TimeoutError):
            await asyncio.wait_for(event.wait(), POLL_SECONDS)
        event.clear()

    async def _work_off(self, record: asyncpg.Record) -> None:
        file = await self._read(record)
        if isinstance(file, Refusal):
            await self._fail(record, file.detail)
            return
        await self._here.pool.execute(
            QUERIES["begin_import"], record["import_id"], list(file.header), len(file.lines), file.skipped
        )
        size = max(1, len(file.lines)) if record["dry_run"] else CHUNK
        at, going = record["next_position"], True
        while going and not self._stopping:
            last = at + size >= len(file.lines)
            chunk = Chunk(record, tuple(file.lines[at : at + size]), at, last, file.reader)
            try:
                answer = await self._here.writer.submit(chunk)
                if isinstance(answer, DryRun):
                    await self._keep(answer)
                going = bool(answer) and not last
            except UNAVAILABLE:
                raise
            except Exception as problem:  # whatever a chunk raises must not stop the other imports
                log.error("an import failed", problem=type(problem).__name__)
                detail = "Something failed on our side. What was counted as accepted is kept; send the file again."
                await self._fail(record, detail)
                return
            at += size

    async def _fail(self, record: asyncpg.Record, detail: str) -> None:
        """An import that cannot go on says why; its file is kept no longer."""
        async with transaction(self._here.pool) as db:
            await db.execute(QUERIES["fail_import"], record["import_id"], detail)
            await db.execute(QUERIES["drop_import_file"], record["import_id"])

    async def _keep(self, found: "DryRun") -> None:
        """A dry run's effects are undone; its report and refused rows are kept."""
        async with transaction(self._here.pool) as db:
            await found.chunk.save(db, found.report, found.entries)

    async def _read(self, record: asyncpg.Record) -> File | Refusal:
        sealed = await self._here.pool.fetchval(QUERIES["import_file"], record["import_id"])
        if sealed is None:
            return Refusal("malformed", "file", "The file is gone.")
        sender = Sender(
            tuple(record["regions"]), record["list"], record["list_date"], record["require_nik"], self._here.jkp
        )
        content = self._here.vault.open_bytes(sealed)
        return await asyncio.to_thread(read, record["kind"], content, sender, self._here.regions)
