"""Uploaded files are worked off in the background: a chunk's effects and the import's place are one transaction."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, aclosing, asynccontextmanager, suppress
from uuid import UUID

import asyncpg

from services.registration.intake.values import Refusal
from services.registration.queries import queries
from services.registration.vault import Vault
from services.registration.writer import (
    chunks,
    failures,
    list_steps,
    reading_process,
    remembered_readings,
    upload_files,
    uploads,
)
from services.registration.writer.chunks import Chunk
from services.registration.writer.dry_runs import DryRuns
from services.registration.writer.reading_process import ReaderKilled
from services.registration.writer.uploads import Asked, Upload
from services.registration.writer.writer import Writer
from shared import tracing
from shared.database import UNAVAILABLE, transaction
from shared.observability import get_logger
from shared.part import Part
from shared.regions import Regions

log = get_logger(__name__)

CHUNK = 5_000
KEPT = "What was counted as accepted is kept."
MOST_ATTEMPTS = 3
"""So often a file may be begun without getting on, as when the process dies of it; then it is set aside."""
POLL_SECONDS = 5.0
"""For uploads that another instance took and is too busy for: an own one wakes it."""
RENEWED_EVERY = 5.0
"""Seconds, of the fifteen that a lease of an upload lasts."""

Submit = Callable[[Chunk], Awaitable[bool]]


class ImportWorker(Part):
    """Works off one upload at a time, the oldest first, and goes on where a killed one stopped. Woken by an upload.

    Takes either dry runs or the uploads that are meant, so that neither waits for the other.
    """

    stalled_after = 900.0
    """The structure of the largest file is read in one piece."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        vault: Vault,
        writer: Writer,
        regions: Regions,
        *,
        jkp: bool,
        dry_runs: DryRuns | None = None,
    ) -> None:
        super().__init__("dry-runs" if dry_runs else "imports")
        self._pool, self._vault, self._writer, self._dry_runs = pool, vault, writer, dry_runs
        self._regions, self._jkp = regions, jkp
        self._interrupted: set[UUID] = set()
        """Uploads that the database was away for: no attempt of theirs."""

    async def step(self) -> float:
        record = await self._pool.fetchrow(queries["claim_import"], self._dry_runs is not None)
        self.progressed()
        if record is None:
            return POLL_SECONDS
        try:
            with tracing.span("work off an upload", parent=record["traceparent"]):
                async with self._lease(record["import_id"]):
                    await self._work_off(record, await self._attempts(record))
        except UNAVAILABLE:
            self._interrupted.add(record["import_id"])
            raise
        except ReaderKilled:
            log.warning("the process that read a list was killed", import_id=str(record["import_id"]))
            await self._pool.execute(queries["hand_back_import"], record["import_id"])
        except Exception as problem:  # whatever an upload makes us raise must not stop the others
            detail = failures.as_refusal(problem, "upload").detail
            kept = "" if record["undo_asked_at"] else f" {KEPT}"
            await self._fail(record, f"{detail}{kept}")
        return 0

    async def _attempts(self, record: asyncpg.Record) -> int:
        """How often the upload was begun without getting on, this time included."""
        if record["import_id"] not in self._interrupted:
            return int(record["attempts"])
        await self._pool.execute(queries["forget_attempts"], record["import_id"])
        self._interrupted.discard(record["import_id"])
        return 1

    async def _work_off(self, record: asyncpg.Record, attempts: int) -> None:
        if attempts > MOST_ATTEMPTS:
            await self._fail(record, "The service ended three times while working on this file. Please report it.")
        elif record["undo_asked_at"] is not None:
            await list_steps.undo(self._pool, self._writer, record, self._goes_on)
        elif record["stage"] == "leaving":
            await list_steps.leave(self._pool, self._writer, record, self._goes_on)
        else:
            await self._take_file(record)

    async def _take_file(self, record: asyncpg.Record) -> None:
        file = await upload_files.fetch(self._pool, self._vault, record["file_id"])
        if file is None:
            await self._fail(record, "The file is gone: send it again.")
            return
        remembered = await remembered_readings.of_agency(self._pool, record["agency"], record["kind"])
        asked = Asked.of(record, remembered, CHUNK, jkp=self._jkp)
        read = reading_process.read if reading_process.is_worth_it(asked.kind, file) else uploads.read
        with file, ExitStack() as held:
            upload = await asyncio.to_thread(read, asked, file, self._vault, self._regions, held, self._goes_on)
            if isinstance(upload, Refusal):
                await self._fail(record, upload.detail)
            elif upload is not None and await self._take_all(record, upload) and not record["dry_run"]:
                await self._settle_list(record)

    async def _settle_list(self, record: asyncpg.Record) -> None:
        """All rows are in: who is not on a whole list leaves it; what another one that waits asks is counted anew."""
        if record["replaces"]:
            await list_steps.leave(self._pool, self._writer, record, self._goes_on)
        else:
            async with transaction(self._pool) as db:
                await list_steps.count_again(db, record["agency"], record["list"])

    def _goes_on(self) -> bool:
        self.progressed()
        return not self.stopping

    async def _take_all(self, record: asyncpg.Record, upload: Upload) -> bool:
        """Whether all rows are in."""
        await self._begin(record, upload)
        ahead = _read_ahead(chunks.of_upload(record, upload))
        async with self._taker() as submit, aclosing(ahead):
            async for chunk in ahead:
                if self.stopping or not await _take(chunk, submit):
                    return False
                self.progressed()
        return True

    async def _begin(self, record: asyncpg.Record, upload: Upload) -> None:
        table = upload.table
        if upload.preview is not None:
            await self._pool.execute(queries["restart_dry_run"], record["import_id"])
            await self._pool.execute(queries["set_preview"], record["import_id"], self._vault.seal(upload.preview))
        await self._pool.execute(
            queries["begin_import"],
            record["import_id"],
            list(table.header),
            table.rows,
            table.skipped,
            json.dumps(table.skipped_by),
            json.dumps(upload.columns),
            json.dumps(upload.reading()),
            json.dumps(upload.options.to_json()),
        )
        if not record["dry_run"]:  # what was only tried is not meant for other files
            of_file = record["agency"], record["kind"], table.header_key
            await remembered_readings.keep(self._pool, *of_file, uploads.options_of(record), upload.options)

    @asynccontextmanager
    async def _taker(self) -> AsyncIterator[Submit]:
        """What takes an upload's chunks: the writer, or a session whose effects nobody sees."""
        if self._dry_runs is not None:
            async with self._dry_runs.session() as submit:
                yield submit
        else:
            yield self._writer.submit

    @asynccontextmanager
    async def _lease(self, import_id: UUID) -> AsyncIterator[None]:
        """Renews our lease of the upload until the block ends, so that no other instance takes it over."""
        renewal = asyncio.create_task(self._renew(import_id))
        try:
            yield
        finally:
            renewal.cancel()
            with suppress(asyncio.CancelledError):
                await renewal

    async def _renew(self, import_id: UUID) -> None:
        while True:
            await asyncio.sleep(RENEWED_EVERY)
            with suppress(*UNAVAILABLE):
                await self._pool.execute(queries["renew_lease"], import_id)

    async def _fail(self, record: asyncpg.Record, detail: str) -> None:
        """An import that cannot go on keeps why; its file is deleted. To take it back may be asked again."""
        async with transaction(self._pool) as db:
            if record["undo_asked_at"] is not None:
                await db.execute(queries["fail_undo"], record["import_id"], detail)
                return
            await db.execute(queries["fail_import"], record["import_id"], detail)
            await db.execute(queries["drop_unused_file"], record["file_id"])


async def _read_ahead(chunks: Iterator[Chunk]) -> AsyncGenerator[Chunk, None]:
    """The chunks, each read while the one before it is taken."""

    def read() -> asyncio.Task[Chunk | None]:
        return asyncio.create_task(asyncio.to_thread(next, chunks, None))

    reading = read()
    try:
        while (chunk := await reading) is not None:
            reading = read()
            yield chunk
    finally:
        await asyncio.gather(reading, return_exceptions=True)  # it uses files that are closed after this


async def _take(chunk: Chunk, submit: Submit) -> bool:
    """Whether the import goes on: not once it was cancelled."""
    try:
        return await submit(chunk)
    except UNAVAILABLE:
        raise
    except Exception as problem:  # the fault of one of its rows
        return await _isolate(chunk, problem, submit)


async def _isolate(chunk: Chunk, problem: Exception, submit: Submit) -> bool:
    """Take the chunk by halves until a single row is left, which is refused."""
    if chunk.size > 1:
        first, second = chunk.halves()
        return await _take(first, submit) and await _take(second, submit)
    if chunk.is_refused():
        raise problem
    return await _take(chunk.refused(failures.as_refusal(problem, "row")), submit)
