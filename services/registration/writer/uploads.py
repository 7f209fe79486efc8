"""An upload as it is worked off: its rows on disk, what they are read with, and what each of them asks for."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, BinaryIO

import asyncpg
import msgspec

from services.registration.identity import listed_rows
from services.registration.intake import previews
from services.registration.intake.cells.column_findings import ColumnFindings
from services.registration.intake.column_report import Column
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
from services.registration.intake.jurisdiction import Jurisdiction
from services.registration.intake.row_reader import RowReader
from services.registration.intake.values import Refusal
from services.registration.vault import KeyedHashes
from services.registration.writer import failures, remembered_readings
from services.registration.writer.lines import Line
from services.registration.writer.remembered_readings import Remembered
from shared.regions import Regions


class Asked(msgspec.Struct, frozen=True):
    """An upload whose file is to be read: what it declared, and from which place on its rows are read for good."""

    kind: FileKind
    agency: str
    regions: tuple[str, ...]
    list: str
    list_date: date
    require_nik: bool
    jkp: bool
    is_dry_run: bool
    at: int
    options: ReadingOptions
    remembered: Remembered
    most_rows: int
    """At once."""

    @classmethod
    def of(cls, record: asyncpg.Record, remembered: Remembered, most_rows: int, *, jkp: bool) -> "Asked":
        declared = record["list"], record["list_date"], record["require_nik"]
        at = 0 if record["dry_run"] else record["next_position"]
        return cls(
            *(record["kind"], record["agency"], tuple(record["regions"]), *declared, jkp, record["dry_run"], at),
            *(options_of(record), remembered, most_rows),
        )

    def context(self, regions: Regions, options: ReadingOptions) -> UploadContext:
        jurisdiction = Jurisdiction(regions, self.regions)
        return UploadContext(jurisdiction, self.list, self.list_date, self.require_nik, self.jkp, options)


@dataclass(frozen=True)
class Upload:
    """A file as read: its table, and its rows from `at` on, in the order in which they are judged."""

    at: int
    table: Table
    reader: RowReader
    options: ReadingOptions
    """What it was read with."""
    findings: ColumnFindings
    columns: list[Column]
    preview: bytes | None
    """Of a dry run, as JSON."""
    pieces: Iterator[Sequence[Line]]
    """Each is read when it is asked for."""

    def reading(self) -> dict[str, Any]:
        """What was found out of the file, for its sender."""
        return {**self.table.reading, **self.reader.reported(), **self.options.reported()}


def read(
    asked: Asked, file: BinaryIO, hashes: KeyedHashes, regions: Regions, held: ExitStack, goes_on: Callable[[], bool]
) -> Upload | Refusal | None:
    """Read the file's table; one participant's enrolments are judged by day, then line. None once it does not go on.

    `held` closes what the rows are read from.
    """
    rows = held.enter_context(RowSpool())
    try:
        options = remembered_readings.recalled(file, asked.kind, asked.options, asked.remembered)
        table = table_reader.read(file, asked.kind, options, rows, goes_on)
        if isinstance(table, Refusal):
            return table
        reader = RowReader(asked.kind, table.header, asked.context(regions, options))
        findings = reader.judge_columns(table_reader.WhileAsked(goes_on, rows))
    except Interrupted:
        return None
    preview = None
    if asked.is_dry_run:
        preview = msgspec.json.encode(_preview(table, rows, reader, options, is_whole=True))
    if asked.kind == "enrollments":
        rows.sort(lambda row: _by_participant(row, read_row(reader, row)))
    pieces = (
        [_line(reader, hashes, asked.agency, row) for row in piece] for piece in rows.chunks(asked.at, asked.most_rows)
    )
    return Upload(asked.at, table, reader, options, findings, reader.columns(), preview, pieces)


def _line(reader: RowReader, hashes: KeyedHashes, agency: str, row: Row) -> Line:
    """The row as read, and hashed here, beside the writer, where nothing else has to be known for that."""
    answer = read_row(reader, row)
    if not isinstance(answer, ListPartner) or answer.cooperative is not None:
        return Line(row, answer)
    try:
        return Line(row, answer, listed_rows.hashes(hashes, agency, answer))
    except Exception as problem:  # of a value that its cells gave
        return Line(row, failures.as_refusal(problem, "row"))


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
