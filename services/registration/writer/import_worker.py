"""Uploaded files are worked off in the background: a chunk's effects and the import's place are one transaction."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

import asyncpg

from services.registration.intake import columns, tables
from services.registration.intake.columns import FileKind
from services.registration.intake.commands import Command, Enrol
from services.registration.intake.contexts import UploadContext
from services.registration.intake.jurisdiction import Jurisdiction
from services.registration.intake.row_reader import RowReader
from services.registration.intake.tables import Row
from services.registration.intake.values import Refusal
from services.registration.queries import queries
from services.registration.vault import Vault
from services.registration.writer import failures
from services.registration.writer.chunks import Chunk, DryRun, Line
from services.registration.writer.writer import Writer
from shared.database import UNAVAILABLE, transaction
from shared.observability import get_logger
from shared.part import Part
from shared.regions import Regions

log = get_logger(__name__)

CHUNK = 5_000
MOST_ATTEMPTS = 3
"""So often a file may be begun without getting on, as when the process dies of it; then it is set aside."""
POLL_SECONDS = 1.0


@dataclass(frozen=True)
class File:
    """A file as read: its rows in the order in which they are judged."""

    header: tuple[str, ...]
    lines: tuple[Line, ...]
    skipped: int
    reader: RowReader


def read(kind: FileKind, content: bytes, upload: UploadContext) -> File | Refusal:
    """Pure: the file's rows with what they ask for. One participant's enrolments are judged by day, then line."""
    table = tables.read(content, lambda name: columns.recognised(kind, name))
    if isinstance(table, Refusal):
        return table
    reader = RowReader(kind, table.header, upload)
    reader.judge_columns(table.rows)
    lines = [Line(row, _read_row(reader, row)) for row in table.rows]
    if kind == "enrollments":
        lines.sort(key=_by_participant)
    return File(table.header, tuple(lines), table.skipped, reader)


def _read_row(reader: RowReader, row: Row) -> Command | Refusal:
    try:
        return reader.read(row)
    except Exception as problem:  # whatever a cell makes a reader raise
        return failures.as_refusal(problem, "row")


def _by_participant(line: Line) -> tuple[str, str, int]:
    command = line.answer
    if not isinstance(command, Enrol):
        return ("", "", line.row.line)
    return (command.participant_no, command.effective_on.isoformat(), line.row.line)


def _chunks(record: asyncpg.Record, file: File) -> Iterator[Chunk]:
    """The chunks of the import from its next position on, at least one; a dry run is one chunk."""
    begin = record["next_position"]
    size = max(1, len(file.lines)) if record["dry_run"] else CHUNK
    for at in range(begin, max(begin + 1, len(file.lines)), size):
        lines = tuple(file.lines[at : at + size])
        yield Chunk(record, lines, at, at + size >= len(file.lines), file.reader)


class ImportWorker(Part):
    """Works off one upload at a time, the oldest first, and goes on where a killed one stopped. Woken by an upload."""

    stalled_after = 1_800.0
    """The largest file is read, and as a dry run worked off, in one piece."""

    def __init__(self, pool: asyncpg.Pool, vault: Vault, writer: Writer, regions: Regions, *, jkp: bool) -> None:
        super().__init__("imports")
        self._pool, self._vault, self._writer, self._regions, self._jkp = pool, vault, writer, regions, jkp

    async def step(self) -> float:
        record = await self._pool.fetchrow(queries["claim_import"])
        self.progressed()
        if record is None:
            return POLL_SECONDS
        try:
            await self._work_off(record)
        except UNAVAILABLE:
            raise
        except Exception as problem:  # whatever an upload makes us raise must not stop the others
            refusal = failures.as_refusal(problem, "upload")
            await self._fail(record, f"{refusal.detail} What was counted as accepted is kept.")
        return 0

    async def _work_off(self, record: asyncpg.Record) -> None:
        if record["attempts"] > MOST_ATTEMPTS:
            await self._fail(record, "The service ended three times while working on this file. Please report it.")
            return
        file = await self._read(record)
        if isinstance(file, Refusal):
            await self._fail(record, file.detail)
            return
        await self._pool.execute(
            queries["begin_import"], record["import_id"], list(file.header), len(file.lines), file.skipped
        )
        for chunk in _chunks(record, file):
            if self.stopping or not await self._take(chunk):
                return
            self.progressed()

    async def _take(self, chunk: Chunk) -> bool:
        """Whether the import goes on: not once it was cancelled."""
        try:
            answer = await self._writer.submit(chunk)
        except UNAVAILABLE:
            raise
        except Exception as problem:  # the fault of one of its rows
            return await self._isolate(chunk, problem)
        if isinstance(answer, DryRun):
            await self._keep(answer)
            return True
        is_taken: bool = answer
        return is_taken

    async def _isolate(self, chunk: Chunk, problem: Exception) -> bool:
        """Take the chunk by halves until a single row is left, which is refused."""
        if chunk.size > 1:
            first, second = chunk.halves()
            return await self._take(first) and await self._take(second)
        if chunk.is_refused():
            raise problem
        return await self._take(chunk.refused(failures.as_refusal(problem, "row")))

    async def _fail(self, record: asyncpg.Record, detail: str) -> None:
        """An import that cannot go on keeps why; its file is deleted."""
        async with transaction(self._pool) as db:
            await db.execute(queries["fail_import"], record["import_id"], detail)
            await db.execute(queries["drop_import_file"], record["import_id"])

    async def _keep(self, found: DryRun) -> None:
        """A dry run's effects are undone; its report and refused rows are kept."""
        async with transaction(self._pool) as db:
            await found.chunk.save(db, found.report, found.entries)

    async def _read(self, record: asyncpg.Record) -> File | Refusal:
        sealed = await self._pool.fetchval(queries["import_file"], record["import_id"])
        if sealed is None:
            return Refusal("malformed", "file", "The file is gone.")
        jurisdiction = Jurisdiction(self._regions, tuple(record["regions"]))
        upload = UploadContext(jurisdiction, record["list"], record["list_date"], record["require_nik"], self._jkp)
        content = self._vault.open_bytes(sealed)
        return await asyncio.to_thread(read, record["kind"], content, upload)
