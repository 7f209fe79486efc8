"""What a file looks like before it is taken: its columns, its first rows as they are understood, how many are refused.

Rows are judged by their cells alone; what the database would refuse is known once the dry run is through.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any, Final

import msgspec

from services.registration.intake import columns
from services.registration.intake.column_confidence import Fits
from services.registration.intake.commands import Command
from services.registration.intake.files.tables import Row, Table
from services.registration.intake.row_reader import RowReader
from services.registration.intake.values import Refusal

SHOWN = 20
JUDGED = 2_000
SAMPLES, LONGEST_SAMPLE = 3, 80
"""Cells of a column that are shown, and characters of each."""
_LEFT_OUT: Final = frozenset(("line", "warnings", "other_texts", "key"))
_OTHER_NAMES: Final = {"total": "workers", "person": "owner"}


Read = Callable[[Row], Command | Refusal]
"""How a row is read whose cells may make the reader raise."""


def of(table: Table, rows: Iterable[Row], reader: RowReader, read: Read, *, is_whole: bool) -> dict[str, Any]:
    """The preview of a table from its first rows, in the order of the file; `is_whole`: there are no others.

    `of_rows` is how many the columns' confidence and the counts are judged from, JUDGED at most.
    """
    shown: list[dict[str, Any]] = []
    rejected_by: Counter[str] = Counter()
    warnings: Counter[str] = Counter()
    fits, samples, judged = Fits(reader), _Samples(len(table.header)), 0
    for judged, row in enumerate(islice(rows, JUDGED), 1):
        answer = read(row)
        fits.add(row)
        samples.add(row, reader)
        if isinstance(answer, Refusal):
            rejected_by[answer.code] += 1
        else:
            warnings.update(answer.warnings)
        if judged <= SHOWN:
            shown.append(_shown(row, answer, reader))
    return {
        "of_rows": judged,
        "is_whole": is_whole,
        "reading": {**table.reading, **reader.reported()},
        "skipped_by": dict(table.skipped_by),
        "columns": _columns(table.header, reader, fits, samples),
        "rows": shown,
        "counts": {
            "accepted": judged - rejected_by.total(),
            "rejected": rejected_by.total(),
            "rejected_by": dict(rejected_by),
            "warnings": dict(warnings),
        },
    }


class _Samples:
    """The first filled cells of each column, as sent, but for what is not to be kept."""

    def __init__(self, width: int) -> None:
        self.of_columns: list[list[str]] = [[] for _ in range(width)]
        self._is_full = False

    def add(self, row: Row, reader: RowReader) -> None:
        if self._is_full or not row.fits:
            return
        for sample, cell in zip(self.of_columns, reader.cells_to_keep(row), strict=True):
            text = cell.strip()[:LONGEST_SAMPLE]
            if text and len(sample) < SAMPLES and text not in sample:
                sample.append(text)
        self._is_full = all(len(sample) == SAMPLES for sample in self.of_columns)


def _columns(header: tuple[str, ...], reader: RowReader, fits: Fits, samples: _Samples) -> list[dict[str, Any]]:
    meanings = columns.by_column(len(header), reader.meanings)
    return [
        {"header": column.header, "read_as": column.read_as}
        | {"confidence": None if meaning is None else fits.share(meaning), "samples": sample}
        | ({"note": column.note} if column.note else {})
        for column, meaning, sample in zip(reader.columns(), meanings, samples.of_columns, strict=True)
    ]


def _shown(row: Row, answer: Command | Refusal, reader: RowReader) -> dict[str, Any]:
    """One row: its values by meaning, as understood or, of a refused one, as sent but for what is not to be kept."""
    if not isinstance(answer, Refusal):
        return {"line": row.line, "fields": understood(answer), "warnings": list(answer.warnings), "refused": None}
    refused = {"code": answer.code, "field": answer.field, "detail": answer.detail}
    cells = reader.cells_to_keep(row)
    sent = {meaning: cells[at] for meaning, at in reader.meanings.items() if at < len(cells) and cells[at].strip()}
    return {"line": row.line, "fields": sent, "warnings": [], "refused": refused}


def understood(command: Command) -> dict[str, Any]:
    """What a command says, by meaning: `{"name": "Toko", "region": "33.11"}`; what is empty is left out."""
    return dict(_leaves(msgspec.to_builtins(command)))


def _leaves(told: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    for name, value in told.items():
        if name == "cooperative" and value:
            yield name, value["nik_koperasi"] or value["nib"] or value["name"]
        elif isinstance(value, dict):
            yield from _leaves(value)
        elif name not in _LEFT_OUT and value not in (None, "", [], ()):
            yield _OTHER_NAMES.get(name, name), value
