"""The demonstration's files read without any service: what each row becomes, in the order of the manifest."""

import csv
import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from services.registration.intake import columns
from services.registration.intake.commands import Command
from services.registration.intake.contexts import UploadContext
from services.registration.intake.files import table_reader
from services.registration.intake.files.reading_options import ReadingOptions
from services.registration.intake.files.row_spool import RowSpool
from services.registration.intake.files.tables import Table
from services.registration.intake.jurisdiction import Jurisdiction
from services.registration.intake.row_reader import RowReader
from services.registration.intake.values import Refusal
from shared.regions import Regions

FOLDER = Path("deploy/local/demonstration")
EXPECTED: dict[str, Any] = json.loads((FOLDER / "expected/expected.json").read_text())


@dataclass
class File:
    entry: dict[str, str]
    rows: int
    skipped: int
    accepted: list[Command] = field(default_factory=list)
    refused: list[tuple[int, Refusal]] = field(default_factory=list)

    @property
    def reasons(self) -> dict[str, int]:
        return dict(Counter(refusal.code for _, refusal in self.refused))

    @property
    def warnings(self) -> dict[str, int]:
        return dict(Counter(w for command in self.accepted for w in command.warnings))


@cache
def files() -> dict[str, File]:
    with open(FOLDER / "manifest.csv", newline="", encoding="utf-8") as manifest:
        return {entry["file"]: _read(entry) for entry in csv.DictReader(manifest)}


def _read(entry: dict[str, str]) -> File:
    kind = columns.ALIASES.get(entry["kind"], entry["kind"])
    with RowSpool() as spool, open(FOLDER / entry["file"], "rb") as content:
        table = table_reader.read(content, kind, ReadingOptions(), spool)
        rows = list(spool)
    assert isinstance(table, Table), table
    nik = entry["file"].startswith("mojokerto")
    jurisdiction = Jurisdiction(Regions.load(), (entry["agency_region"],))
    upload = UploadContext(jurisdiction, entry["file"], date.fromisoformat(entry["list_date"]), nik)
    reader = RowReader(kind, table.header, upload)
    reader.judge_columns(rows)
    file = File(entry, table.rows, table.skipped)
    for row in rows:
        answer = reader.read(row)
        if isinstance(answer, Refusal):
            file.refused.append((row.line, answer))
        else:
            file.accepted.append(answer)
    return file
