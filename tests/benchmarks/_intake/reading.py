"""Reading alone: bytes of an upload → rows → commands, in this process, without a stack. CPU a row."""

import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import NamedTuple, TypeVar

from services.registration.intake.contexts import UploadContext
from services.registration.intake.files import table_reader
from services.registration.intake.files.row_spool import RowSpool
from services.registration.intake.files.tables import Table
from services.registration.intake.jurisdiction import Jurisdiction
from services.registration.intake.row_reader import RowReader
from services.registration.intake.values import Refusal
from shared.regions import Regions

CHUNK = 5_000
T = TypeVar("T")


class Cost(NamedTuple):
    """µs of CPU a row, by step; `refused` rows of how many."""

    table: float
    columns: float
    commands: float
    refused: int
    rows: int

    @property
    def together(self) -> float:
        return self.table + self.columns + self.commands


def measure(path: Path, regions: Regions) -> Cost:
    upload = UploadContext(Jurisdiction(regions, ("ID",)), "bench", date(2025, 6, 30))
    with path.open("rb") as file, RowSpool() as rows:
        table, first = _cpu(lambda: table_reader.read(file, "partners", upload.options, rows))
        assert isinstance(table, Table), table
        reader = RowReader("partners", table.header, upload)
        _, second = _cpu(lambda: reader.judge_columns(rows))
        refused, third = _cpu(lambda: _read(reader, rows))
        return Cost(*(seconds / len(rows) * 1e6 for seconds in (first, second, third)), refused, len(rows))


def _read(reader: RowReader, rows: RowSpool) -> int:
    return sum(isinstance(reader.read(row), Refusal) for chunk in rows.chunks(0, CHUNK) for row in chunk)


def _cpu(work: Callable[[], T]) -> tuple[T, float]:
    began = time.process_time()
    return work(), time.process_time() - began
