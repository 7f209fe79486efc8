"""Reads rows given as text, with their columns judged as a whole, as the worker of uploads does."""

from datetime import date

from services.registration.intake.columns import FileKind
from services.registration.intake.commands import Command
from services.registration.intake.contexts import UploadContext
from services.registration.intake.files.reading_options import AS_FOUND, ReadingOptions
from services.registration.intake.files.tables import Row
from services.registration.intake.jurisdiction import Jurisdiction
from services.registration.intake.row_reader import RowReader
from services.registration.intake.values import Refusal
from shared.regions import Regions


def reader_of(
    kind: FileKind, header: str, rows: list[Row], own: str = "33.11", options: ReadingOptions = AS_FOUND
) -> RowReader:
    upload = UploadContext(Jurisdiction(Regions.load(), (own,)), "l", date(2026, 1, 31), options=options)
    reader = RowReader(kind, tuple(header.split(";")), upload)
    reader.judge_columns(rows)
    return reader


def rows_of(header: str, lines: list[str]) -> list[Row]:
    """Lines of cells separated by `;`."""
    width = len(header.split(";"))
    cells = [tuple(line.split(";")) for line in lines]
    return [Row(number, each, len(each) == width) for number, each in enumerate(cells, 2)]


def read(
    kind: FileKind, header: str, lines: list[str], own: str = "33.11", options: ReadingOptions = AS_FOUND
) -> list[Command | Refusal]:
    rows = rows_of(header, lines)
    reader = reader_of(kind, header, rows, own, options)
    return [reader.read(row) for row in rows]


def codes(answers: list[Command | Refusal]) -> list[str | None]:
    """The code of each refusal, None for what is accepted."""
    return [answer.code if isinstance(answer, Refusal) else None for answer in answers]
