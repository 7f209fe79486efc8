"""A file's table: its structure is judged over the whole file before any of its rows is read."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from operator import itemgetter
from typing import Any, BinaryIO

from services.registration.intake import columns, text_records, workbooks
from services.registration.intake.columns import FileKind
from services.registration.intake.file_format import EMPTY, file_format
from services.registration.intake.header import WINDOW, Header, Known, find_header
from services.registration.intake.line_kinds import LineKinds
from services.registration.intake.reading_options import ReadingOptions
from services.registration.intake.row_spool import RowSpool
from services.registration.intake.tables import Line, Row, SkipReason, Table, squeeze
from services.registration.intake.text_lines import TextLines
from services.registration.intake.unpacking import unpacked
from services.registration.intake.values import Refusal
from services.registration.intake.workbooks import Workbook, WorkbookFailed

MOST_ROWS = 1_000_000
ASKED_EVERY = 10_000
_WINDOW_CHARACTERS = 4 << 20
NO_HEADER = Refusal("malformed", "file", "No header: no line holds two column names known for this kind of file.")
TOTALS = Refusal(
    "malformed",
    "file",
    "This is a table of totals: no column names a business, its owner or a person. Send the list of the businesses.",
)
NO_NAMES = Refusal(
    "malformed", "file", "No column names a business, its owner or a person: this is no list of partners."
)
TOO_MANY = Refusal("malformed", "file", f"A file has at most {MOST_ROWS:,} rows: send it in parts.")
_TOTAL_WORDS = frozenset(("satuan", "unit", "jumlah", "total", "persentase", "judul", "indikator", "periode", "data"))
_NAMING = ("name", "owner", "person", "nik", "nib", "participant_no", "claim_ref", "title", "source")

Found = Table | Refusal


class Interrupted(Exception):
    """Whoever asked for the table does not want it any more."""


def read(
    file: BinaryIO,
    kind: FileKind,
    options: ReadingOptions,
    rows: RowSpool,
    goes_on: Callable[[], bool] = lambda: True,
) -> Found:
    """The table in this file; its rows are added to `rows`. Memory does not depend on the size of the file.

    Raises Interrupted soon after `goes_on` does not hold any more.
    """
    with _lines(file, kind, options) as found:
        if isinstance(found, Refusal):
            return found
        header, lines, reading = found
        return _table(header, _while(goes_on, lines), kind, options, rows, reading)


def check(file: BinaryIO, kind: FileKind, options: ReadingOptions) -> Refusal | None:
    """Quickly: why `read` would find no table in this file, as far as its beginning shows it.

    Workbooks and archives are not opened.
    """
    found = file_format(file)
    if found != "text":
        return found if isinstance(found, Refusal) else None
    header = _text_header(file, kind, options)
    return header if isinstance(header, Refusal) else _without_names(header[0], kind, options)


def _while(goes_on: Callable[[], bool], lines: Iterator[Line]) -> Iterator[Line]:
    for count, line in enumerate(lines):
        if count % ASKED_EVERY == 0 and not goes_on():
            raise Interrupted
        yield line


_Lines = tuple[Header, Iterator[Line], Callable[[], dict[str, Any]]]
"""The header, the lines below it, and what can be said of the file once these are read."""


@contextmanager
def _lines(file: BinaryIO, kind: FileKind, options: ReadingOptions) -> Iterator[_Lines | Refusal]:
    found = unpacked(file)
    if isinstance(found, Refusal):
        yield found
        return
    plain, plain_format = found
    try:
        if plain_format == "text":
            yield _of_text(plain, kind, options)
        else:
            plain.flush()
            with workbooks.opened(plain, kind, options) as workbook:
                yield _of_workbook(workbook, kind, options, plain_format)
    finally:
        if plain is not file:
            plain.close()


def _of_text(file: BinaryIO, kind: FileKind, options: ReadingOptions) -> _Lines | Refusal:
    found = _text_header(file, kind, options)
    if isinstance(found, Refusal):
        return found
    header, delimiter = found
    text = TextLines(file)
    below = (line for line in text if line.number > header.last)
    lines = text_records.records(below, delimiter, len(header.names))
    return header, lines, lambda: {"format": "text", "encoding": text.encoding, "separator": delimiter}


def _text_header(file: BinaryIO, kind: FileKind, options: ReadingOptions) -> tuple[Header, str] | Refusal:
    """(header, delimiter); of several delimiters the one that names most columns."""
    if options.sheet is not None:
        return Refusal("invalid_value", "sheet", "Only workbooks have sheets, and this file is none.")
    text = list(_beginning(TextLines(file)))
    if not any(line.text.strip() for line in text):
        return EMPTY
    best: tuple[Header, str] | None = None
    for delimiter in text_records.DELIMITERS:
        window = list(islice(text_records.records(iter(text), delimiter), WINDOW))
        header = find_header(window, _known(kind, options), options.header_row)
        if header and (best is None or _rank(header) > _rank(best[0])):
            best = header, delimiter
    return best or _no_header(text, options)


def _rank(header: Header) -> tuple[int, int]:
    return header.known, len(header.names)


def _beginning(lines: TextLines) -> Iterator[Any]:
    """The lines among which the header is looked for; fewer where they are long."""
    characters = 0
    for line in islice(lines, WINDOW + text_records.LONGEST_RECORD):
        yield line
        characters += len(line.text)
        if characters > _WINDOW_CHARACTERS:
            return


def _no_header(text: Sequence[Any], options: ReadingOptions) -> Refusal:
    if options.header_row is not None:
        return Refusal("invalid_value", "header_row", f"Line {options.header_row} holds no column names.")
    cells = [text_records.split(line.text, delimiter) for line in text for delimiter in text_records.DELIMITERS]
    return TOTALS if any(map(_are_totals, cells)) else NO_HEADER


def _of_workbook(workbook: Workbook | Refusal, kind: FileKind, options: ReadingOptions, name: str) -> _Lines | Refusal:
    if isinstance(workbook, Refusal):
        return workbook
    try:
        window = list(islice(workbook.lines, WINDOW))
    except WorkbookFailed:
        return workbooks.TOO_LARGE
    header = find_header(window, _known(kind, options), options.header_row)
    if header is None:
        return TOTALS if any(_are_totals(line.cells) for line in window) else NO_HEADER
    below = (line for line in chain(window, workbook.lines) if line.number > header.last)
    reading = {"format": name, **workbook.reading, "cells_outside": 0}
    return header, _under(header, below, reading), lambda: reading


def _under(header: Header, lines: Iterator[Line], reading: dict[str, Any]) -> Iterator[Line]:
    """A sheet's rows, as wide as the header: cells beside the table are counted and not read."""
    width = len(header.names)
    for line in lines:
        reading["cells_outside"] += sum(1 for cell in line.cells[width:] if cell.strip())
        yield line._replace(cells=(*line.cells[:width], *("",) * (width - len(line.cells))))


def _table(
    header: Header,
    lines: Iterable[Line],
    kind: FileKind,
    options: ReadingOptions,
    rows: RowSpool,
    reading: Callable[[], dict[str, Any]],
) -> Found:
    refusal = _without_names(header, kind, options) or _unknown_column(header, options)
    if refusal:
        return refusal
    try:
        skipped = _spool(header, lines, columns.meanings(kind, header.names, options.columns), rows)
    except WorkbookFailed:
        return workbooks.TOO_LARGE
    if skipped is None:
        return TOO_MANY
    return Table(header.names, len(rows), skipped, {**reading(), "header_row": header.first})


def _spool(
    header: Header, lines: Iterable[Line], meanings: Mapping[str, int], rows: RowSpool
) -> dict[SkipReason, int] | None:
    """Adds the rows to the spool; how many lines were none, by reason. None if there are too many."""
    kinds = LineKinds(header, [column for meaning, column in meanings.items() if meaning in _NAMING])
    skipped: Counter[SkipReason] = Counter()
    widths: Counter[int] = Counter()
    for line in lines:
        reason = None if line.is_cut else kinds.skip_reason(line.cells)
        if reason is not None:
            skipped[reason] += 1
            continue
        if len(rows) >= MOST_ROWS:
            return None
        row = _row(line, header)
        widths[len(row.cells)] += 1
        rows.add(row)
    _settle_widths(rows, widths, len(header.names))
    return dict(skipped)


def _row(line: Line, header: Header) -> Row:
    """The row; cells under the header's nameless end are nobody's if they are empty."""
    width, cells = len(header.names), line.cells
    if width < len(cells) <= header.width and not any(map(str.strip, cells[width:])):
        cells = cells[:width]
    return Row(line.number, cells, len(cells) == width and not line.is_cut)


def _settle_widths(rows: RowSpool, widths: Counter[int], width: int) -> None:
    """Where most rows end in one empty cell more than the header, as some programs write them, they are no misfits.

    A single such row is one: its cells may be shifted by a separator within a text.
    """
    wide, count = max(((each, n) for each, n in widths.items() if each > width), default=(0, 0), key=itemgetter(1))
    if count > widths[width]:
        rows.narrow(wide, width)


def _known(kind: FileKind, options: ReadingOptions) -> Known:
    chosen = {squeeze(name) for name in options.columns}
    return lambda name: name in chosen or columns.recognised(kind, name)


def _without_names(header: Header, kind: FileKind, options: ReadingOptions) -> Refusal | None:
    """A list of partners in which nobody is named is refused as a whole, not row by row."""
    if kind not in ("partners", "persons") or {"name", "owner"} & set(
        columns.meanings(kind, header.names, options.columns)
    ):
        return None
    return TOTALS if _are_totals(header.names) else NO_NAMES


def _are_totals(cells: Sequence[str]) -> bool:
    """Whether these columns are those of a statistic: a figure of something, by region or year."""
    names = {squeeze(cell) for cell in cells}
    of_something = any(name in _TOTAL_WORDS or name.startswith(("jumlah ", "total ", "persentase ")) for name in names)
    return of_something and any("wilayah" in name or "kabupaten" in name or name == "tahun" for name in names)


def _unknown_column(header: Header, options: ReadingOptions) -> Refusal | None:
    """A column that the upload gives a meaning and that the file does not have."""
    names = set(map(squeeze, header.names))
    missing = next((name for name in options.columns if squeeze(name) not in names), None)
    if missing is None:
        return None
    return Refusal("invalid_value", "columns", f"The file has no column '{missing[:60]}': write it as in its header.")
