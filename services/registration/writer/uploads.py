"""An upload as it is worked off: its rows on disk, what they are read with, and the chunks in which they are taken."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

import asyncpg
import msgspec

from services.registration.identity import listed_rows
from services.registration.intake import previews
from services.registration.intake.columns import FileKind
from services.registration.intake.commands import Command, Enrol, ListPartner
from services.registration.intake.contexts import UploadContext
from services.registration.intake.files import table_reader
from services.registration.intake.files.reading_options import ReadingOptions
from services.registration.intake.files.row_spool import RowSpool, SortKey
from services.registration.intake.files.table_beginning import WORKBOOK_SECONDS
from services.registration.intake.files.table_reader import Interrupted
from services.registration.intake.files.tables import Row, Table
from services.registration.intake.files.workbooks import NotInTime
from services.registration.intake.row_reader import RowReader
from services.registration.intake.values import Refusal
from services.registration.vault import Vault
from services.registration.writer import failures, remembered_readings
from services.registration.writer.chunks import Chunk, Line
from services.registration.writer.remembered_readings import Remembered


@dataclass(frozen=True)
class Upload:
    """A file as read: its table, and its rows in the order in which they are judged."""

    record: asyncpg.Record
    table: Table
    rows: RowSpool
    reader: RowReader
    options: ReadingOptions
    """What it was read with."""
    vault: Vault
    preview: dict[str, Any] | None = None
    """Of a dry run."""

    def chunks(self, most_rows: int) -> Iterator[Chunk]:
        """The chunks from the upload's next position on, at least one, each read when it is asked for."""
        at = 0 if self.record["dry_run"] else self.record["next_position"]
        is_any = False
        for rows in self.rows.chunks(at, most_rows):
            is_any = True
            yield self._chunk(rows, at)
            at += len(rows)
        if not is_any:
            yield self._chunk([], at)

    def reading(self) -> dict[str, Any]:
        """What was found out of the file, for its sender."""
        return {**self.table.reading, **self.reader.reported(), **self.options.reported()}

    def _chunk(self, rows: list[Row], at: int) -> Chunk:
        lines = tuple(map(self._line, rows))
        return Chunk(self.record, lines, at, at + len(rows) >= len(self.rows), self.reader)

    def _line(self, row: Row) -> Line:
        """The row as read, and hashed here, beside the writer, where nothing else has to be known for that."""
        answer = read_row(self.reader, row)
        if not isinstance(answer, ListPartner) or answer.cooperative is not None:
            return Line(row, answer)
        try:
            return Line(row, answer, listed_rows.hashes(self.vault, self.record["agency"], answer))
        except Exception as problem:  # of a value that its cells gave
            return Line(row, failures.as_refusal(problem, "row"))


def read(
    record: asyncpg.Record,
    file: BinaryIO,
    vault: Vault,
    upload: UploadContext,
    remembered: Remembered,
    rows: RowSpool,
    goes_on: Callable[[], bool],
) -> Upload | Refusal | None:
    """Read the file's table; one participant's enrolments are judged by day, then line. None once it does not go on."""
    kind = record["kind"]
    try:
        upload = replace(upload, options=remembered_readings.recalled(file, kind, upload.options, remembered))
        table = table_reader.read(file, kind, upload.options, rows, goes_on)
        if isinstance(table, Refusal):
            return table
        reader = RowReader(kind, table.header, upload)
        reader.judge_columns(table_reader.WhileAsked(goes_on, rows))
    except Interrupted:
        return None
    preview = _preview(table, rows, reader, upload.options, is_whole=True) if record["dry_run"] else None
    if kind == "enrollments":
        rows.sort(lambda row: _by_participant(row, read_row(reader, row)))
    return Upload(record, table, rows, reader, upload.options, vault, preview)


@dataclass(frozen=True)
class Beginning:
    """A file as its beginning shows it: what it is read with, the header's key, and the preview."""

    options: ReadingOptions
    header_key: str
    preview: dict[str, Any]


def read_beginning(
    file: BinaryIO, kind: FileKind, upload: UploadContext, remembered: Remembered
) -> Beginning | Refusal | None:
    """The preview of a file from its beginning, within about a second; None where only the whole file shows it."""
    try:
        options = remembered_readings.recalled(file, kind, upload.options, remembered, WORKBOOK_SECONDS)
    except NotInTime:
        return None
    upload = replace(upload, options=options)
    with RowSpool() as rows:
        found = table_reader.read_beginning(file, kind, options, rows)
        if found is None or isinstance(found, Refusal):
            return found
        table, is_whole = found
        reader = RowReader(kind, table.header, upload)
        reader.judge_columns(rows)
        preview = _preview(table, rows, reader, options, is_whole=is_whole)
        return Beginning(options, table.header_key, preview)


def check(file: BinaryIO, kind: FileKind, given: ReadingOptions, remembered: Remembered) -> Refusal | None:
    """Quickly: why `read` would find no table in this file, as far as its beginning shows it."""
    if table_reader.is_text(file):
        given = remembered_readings.recalled(file, kind, given, remembered)
    return table_reader.check(file, kind, given)


def _preview(
    table: Table, rows: RowSpool, reader: RowReader, options: ReadingOptions, *, is_whole: bool
) -> dict[str, Any]:
    found = previews.of(table, rows, reader, lambda row: read_row(reader, row), is_whole=is_whole)
    return found | {"reading": found["reading"] | options.reported()}


def read_row(reader: RowReader, row: Row) -> Command | Refusal:
    """What the row asks for; whatever its cells make the reader raise refuses it."""
    try:
        return reader.read(row)
    except Exception as problem:
        return failures.as_refusal(problem, "row")


def options_of(record: asyncpg.Record) -> ReadingOptions:
    """How the upload asked its file to be read."""
    return ReadingOptions(**msgspec.json.decode(record["options"]))


def _by_participant(row: Row, answer: Command | Refusal) -> SortKey:
    if not isinstance(answer, Enrol):
        return ("", "", row.line)
    return (answer.participant_no, answer.effective_on.isoformat(), row.line)
