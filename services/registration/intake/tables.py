"""A file's bytes as rows of cells: encoding, delimiter and header are detected, never asked for."""

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from services.registration.intake.values import Refusal
from shared.spreadsheet import unguarded

DELIMITERS = (";", ",", "\t", "|")
HEADER_WITHIN = 60
LONGEST_RECORD = 20
SHORT = 64 << 10
NO_HEADER = Refusal("malformed", "file", "No header: no line holds two column names known for this kind of file.")
EMPTY = Refusal("malformed", "file", "The file is empty.")
SUMS = frozenset(("jumlah", "total"))


@dataclass(frozen=True, slots=True)
class Row:
    """One row as sent; `fits` is false when it has more or fewer cells than the header."""

    line: int
    cells: tuple[str, ...]
    fits: bool


@dataclass(frozen=True, slots=True)
class Table:
    """The header's cells, the rows below it, and how many lines were no rows (blank, sums)."""

    header: tuple[str, ...]
    rows: tuple[Row, ...]
    skipped: int


def squeeze(header: str) -> str:
    """A column name as it is compared: `KAB/KOTA`, `kab_kota` and `Kab. Kota` are one."""
    return re.sub(r"[^a-z0-9]+", " ", header.lower()).strip()


def decode(content: bytes) -> str:
    """UTF-8 with or without BOM, UTF-16 with BOM, else Windows-1252 (where every byte means something)."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace").replace("\x00", "")
    try:
        return content.decode("utf-8-sig").replace("\x00", "")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace").replace("\x00", "")


def read(content: bytes, recognised: Callable[[str], bool]) -> Table | Refusal:
    """The table in a file whose header is the first line with two recognised column names."""
    lines = re.split(r"\r\n|\n|\r", decode(content))
    if lines and not lines[-1]:
        lines.pop()
    found = _find_header(lines, recognised)
    if found is None:
        return NO_HEADER
    number, delimiter, header = found
    rows: list[Row] = []
    skipped = 0
    for line, cells in _records(lines, number, delimiter, len(header)):
        if not any(cell.strip() for cell in cells) or squeeze(cells[0]) in SUMS:
            skipped += 1
        else:
            rows.append(Row(line, cells, len(cells) == len(header)))
    return Table(header, tuple(rows), skipped)


def without_header(content: bytes, recognised: Callable[[str], bool]) -> Refusal | None:
    """Quickly: whether `read` would find no table in this file."""
    if not decode(content[:SHORT]).strip():
        return EMPTY
    lines = re.split(r"\r\n|\n|\r", decode(content[:SHORT]))
    return None if _find_header(lines, recognised) else NO_HEADER


def _find_header(lines: list[str], recognised: Callable[[str], bool]) -> tuple[int, str, tuple[str, ...]] | None:
    """(lines up to and with the header, delimiter, names); of several delimiters the one that names most columns."""
    for number, line in enumerate(lines[:HEADER_WITHIN], 1):
        best: tuple[int, str, tuple[str, ...]] | None = None
        for delimiter in DELIMITERS:
            header = tuple(cell.strip() for cell in _split(line, delimiter))
            known = sum(recognised(squeeze(cell)) for cell in header)
            if known >= 2 and (best is None or known > best[0]):
                best = (known, delimiter, header)
        if best:
            return number, best[1], best[2]
    return None


def _records(lines: list[str], start: int, delimiter: str, width: int) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Each record with the line it begins on. A quote never closed costs its own line, not the rest of the file."""
    at = start
    while at < len(lines):
        line, taken = lines[at], 1
        if line.count('"') % 2:
            line, taken = _joined(lines, at, delimiter, width)
        yield at + 1, _split(line, delimiter)
        at += taken


def _joined(lines: list[str], at: int, delimiter: str, width: int) -> tuple[str, int]:
    for taken in range(2, LONGEST_RECORD + 1):
        record = "\n".join(lines[at : at + taken])
        if record.count('"') % 2 == 0:
            return (record, taken) if len(_split(record, delimiter)) == width else (lines[at], 1)
    return lines[at], 1


def _split(line: str, delimiter: str) -> tuple[str, ...]:
    """The cells of a record; those of our own CSV without the apostrophes that keep formulas away."""
    cells = _cells(line, delimiter)
    return tuple(map(unguarded, cells)) if "'" in line else cells


def _cells(line: str, delimiter: str) -> tuple[str, ...]:
    if '"' not in line:
        return tuple(line.split(delimiter))
    try:
        return tuple(next(csv.reader([line], delimiter=delimiter), ()))
    except csv.Error:
        return tuple(line.split(delimiter))
