"""Uploaded files are worked off in the background: a chunk's effects and the import's place are one transaction."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

import asyncpg

from services.registration import columns, tables
from services.registration.accepting import Order, Outcome
from services.registration.commands import Command, Enrolled
from services.registration.grouping import REPLACED, UNCHANGED
from services.registration.privacy import Vault
from services.registration.rows import Reader, Sender
from services.registration.tables import Row
from services.registration.values import Refusal
from services.registration.work import QUERIES, Work
from services.registration.writer import Undo, Writer
from shared.database import UNAVAILABLE, transaction
from shared.observability import get_logger
from shared.regions import Regions
from shared.service import PartStatus

log = get_logger(__name__)

CHUNK = 5_000
POLL_SECONDS = 1.0
CREATED_FATES = ("created",)


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


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the file and what it asks for, or why not."""

    row: Row
    answer: Command | Refusal


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
            if found.entries:
                await db.copy_records_to_table("quarantine", records=found.entries, columns=list(QUARANTINE))
            await found.chunk.save(db, found.report)

    async def _read(self, record: asyncpg.Record) -> File | Refusal:
        sealed = await self._here.pool.fetchval(QUERIES["import_file"], record["import_id"])
        if sealed is None:
            return Refusal("malformed", "file", "The file is gone.")
        sender = Sender(
            tuple(record["regions"]), record["list"], record["list_date"], record["require_nik"], self._here.jkp
        )
        content = self._here.vault.open_bytes(sealed)
        return await asyncio.to_thread(read, record["kind"], content, sender, self._here.regions)


QUARANTINE = (
    "id",
    "agency",
    "import_id",
    "line",
    "type",
    "code",
    "field",
    "detail",
    "nib",
    "nik",
    "name",
    "participant_no",
    "sealed",
    "recorded_at",
    "row_key",
)


@dataclass
class Chunk:
    """Some rows of an import; its answer is whether the import goes on."""

    record: asyncpg.Record
    lines: tuple[Line, ...]
    at: int
    last: bool
    reader: Reader
    keys: Collection[UUID] = ()
    weight: int = field(init=False)

    def __post_init__(self) -> None:
        self.weight = 1_000_000 if self.record["dry_run"] else len(self.lines)
        self._ordered: list[Line] = []
        self._current = False

    async def prepare(self, work: Work) -> Sequence[Order]:
        """Only the chunk that is due is taken: not one again, none of a cancelled import."""
        due = await work.db.fetchval(QUERIES["import_due"], self.record["import_id"])
        self._current = due == self.at
        work.rehearsal = self.record["dry_run"]
        if not self._current:
            return []
        self._ordered = [line for line in self.lines if not isinstance(line.answer, Refusal)]
        return [
            Order(self.record["agency"], tuple(self.record["regions"]), line.answer, self.record["import_id"])
            for line in self._ordered
            if not isinstance(line.answer, Refusal)
        ]

    async def finish(self, work: Work, outcomes: Sequence[Outcome]) -> bool:
        if not self._current:
            return False
        refused = [(line.row, line.answer) for line in self.lines if isinstance(line.answer, Refusal)]
        judged = zip(self._ordered, outcomes, strict=True)
        refused += [(line.row, outcome.refusal) for line, outcome in judged if outcome.refusal is not None]
        report = self._report(work, outcomes, [refusal for _, refusal in refused])
        if self.record["dry_run"]:
            raise Undo(await self._report_dry_run(work, report, refused))
        await self._replace_older(work)
        await self._enter_quarantine(work, refused)
        await self.save(work.db, report)
        return True

    async def save(self, db: asyncpg.Connection, report: dict[str, Any]) -> None:
        import_id = self.record["import_id"]
        await db.execute(
            QUERIES["advance_import"],
            import_id,
            self.at + len(self.lines),
            report["accepted"],
            report["created"],
            report["unchanged"],
            report["rejected"],
            json.dumps(report["rejected_by"]),
            json.dumps(report["warnings"]),
            report["replaced"],
        )
        if self.last:
            await db.execute(QUERIES["finish_import"], import_id)
            await db.execute(QUERIES["drop_import_file"], import_id)

    def _report(self, work: Work, outcomes: Sequence[Outcome], refusals: Sequence[Refusal]) -> dict[str, Any]:
        accepted = [(line, o) for line, o in zip(self._ordered, outcomes, strict=True) if o.refusal is None]
        return {
            "accepted": len(accepted),
            "created": self._formed(work) + sum(o.fate in CREATED_FATES for _, o in accepted),
            "unchanged": sum(o.fate == UNCHANGED for _, o in accepted),
            "replaced": sum(o.fate == REPLACED for _, o in accepted),
            "rejected": len(refusals),
            "rejected_by": dict(Counter(refusal.code for refusal in refusals)),
            "warnings": dict(Counter(w for line, _ in accepted if _is(line.answer) for w in line.answer.warnings)),  # type: ignore[union-attr]
        }

    def _formed(self, work: Work) -> int:
        """Partners this import formed here, less those of its own that turned out to be another's."""
        own = [state for state in work.states.values() if state.formed_by == self.record["import_id"]]
        formed = sum(state.formed and state.status == "active" for state in own)
        return formed - sum(not s.formed and s.status == "merged" and s.partner_id in work.became for s in own)

    async def _report_dry_run(self, work: Work, report: dict[str, Any], refused: Any) -> "DryRun":
        entries = [self._entry(work, row, refusal) for row, refusal in refused]
        return DryRun(self, report, entries)

    async def _enter_quarantine(self, work: Work, refused: Sequence[tuple[Row, Refusal]]) -> None:
        if refused:
            records = [self._entry(work, row, refusal) for row, refusal in refused]
            await work.db.copy_records_to_table("quarantine", records=records, columns=list(QUARANTINE))

    def _entry(self, work: Work, row: Row, refusal: Refusal) -> tuple[Any, ...]:
        nib, nik, name, number = self.reader.trace(row).hashed(work.vault)
        return (
            work.ids(),
            self.record["agency"],
            self.record["import_id"],
            row.line,
            self.record["kind"],
            refusal.code,
            refusal.field,
            refusal.detail,
            nib,
            nik,
            name,
            number,
            work.vault.seal({"cells": self.reader.kept(row)}),
            work.now,
            self._keys(work, row)[0],
        )

    def _keys(self, work: Work, row: Row) -> list[UUID]:
        of_list = (self.record["agency"], self.record["kind"], self.record["list"])
        return [work.vault.hash("refused-row", *of_list, *same) for same in self.reader.same_as(row)]

    async def _replace_older(self, work: Work) -> None:
        """Rows refused in an earlier upload of this list that are here again, mended or not, wait there no longer."""
        record = self.record
        of_list = (record["agency"], record["kind"], record["list"], record["import_id"])
        if await work.db.fetchval(QUERIES["older_refusals"], *of_list):
            keys = [key for line in self.lines for key in self._keys(work, line.row)]
            await work.execute("replace_refused", keys, record["import_id"])


@dataclass(frozen=True)
class DryRun:
    """What a dry run found; kept after its transaction was undone."""

    chunk: Chunk
    report: dict[str, Any]
    entries: list[tuple[Any, ...]]

    def __bool__(self) -> bool:
        return False


def _is(answer: Command | Refusal) -> bool:
    return not isinstance(answer, Refusal)
