"""A file's header and the lines below it, whatever its format: text, or a sheet of a workbook."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from typing import Any, BinaryIO, NamedTuple

from services.registration.intake import columns
from services.registration.intake.columns import FileKind
from services.registration.intake.files import ndjson, text_records, workbooks
from services.registration.intake.files.file_format import EMPTY, Format
from services.registration.intake.files.header import WINDOW, Header, Known, find_header, line_of_table_above
from services.registration.intake.files.reading_options import ReadingOptions
from services.registration.intake.files.tables import Line, squeeze
from services.registration.intake.files.text_lines import TextLine, TextLines
from services.registration.intake.files.unpacking import unpacked
from services.registration.intake.files.workbooks import Workbook, WorkbookFailed
from services.registration.intake.values import Refusal

_WINDOW_CHARACTERS = 4 << 20
NO_SHEETS = Refusal("invalid_value", "sheet", "Only workbooks have sheets, and this file is none.")
NO_HEADER = Refusal("malformed", "file", "No header: no line holds two column names known for this kind of file.")
TOTALS = Refusal(
    "malformed",
    "file",
    "This is a table of totals: no column names a business, its owner or a person. Send the list of the businesses.",
)
_TOTAL_WORDS = frozenset(("satuan", "unit", "jumlah", "total", "persentase", "judul", "indikator", "periode", "data"))

Lines = tuple[Header, Iterator[Line], Callable[[], dict[str, Any]]]
"""The header, the lines below it, and what is known of the file once these are read."""


def another_table(line: int) -> Refusal:
    """Of a file with two tables one would be lost, or be read by the other's columns."""
    detail = f"In line {line} another table with other columns begins: send each table as a file of its own."
    return Refusal("malformed", "file", detail)


@contextmanager
def opened(file: BinaryIO, kind: FileKind, options: ReadingOptions) -> Iterator[Lines | Refusal]:
    """The table in this file, unpacked; what is opened for it is closed with the block."""
    found = unpacked(file)
    if isinstance(found, Refusal):
        yield found
        return
    plain, plain_format = found
    try:
        with of_plain(plain, plain_format, kind, options) as lines:
            yield lines
    finally:
        if plain is not file:
            plain.close()


@contextmanager
def of_plain(
    file: BinaryIO, name: Format, kind: FileKind, options: ReadingOptions, seconds: float | None = None
) -> Iterator[Lines | Refusal]:
    """The table in a file of this format, which is no archive; a workbook is opened within so many seconds.

    Raises NotInTime.
    """
    if name in ("text", "ndjson"):
        yield (_of_text if name == "text" else _of_objects)(file, kind, options)
        return
    file.flush()
    with workbooks.opened(file, kind, options, seconds) as workbook:
        yield _of_workbook(workbook, kind, options, name)


def _of_text(file: BinaryIO, kind: FileKind, options: ReadingOptions) -> Lines | Refusal:
    found = text_header(file, kind, options)
    if isinstance(found, Refusal):
        return found
    header, (delimiter, is_quoted) = found
    text = TextLines(file)
    below = (line for line in text if line.number > header.last)
    opened_lines = text_records.opened(below, delimiter) if is_quoted else below
    lines = text_records.records(opened_lines, delimiter, len(header.names))
    return header, lines, lambda: {"format": "text", "encoding": text.encoding, "separator": delimiter}


def _of_objects(file: BinaryIO, kind: FileKind, options: ReadingOptions) -> Lines | Refusal:
    if options.sheet is not None:
        return NO_SHEETS
    if options.header_row is not None:
        return Refusal("invalid_value", "header_row", "A file of JSON objects has no line of column names.")
    header = ndjson.header_of(file, known_names(kind, options))
    if isinstance(header, Refusal):
        return header
    text = TextLines(file)
    return header, ndjson.lines(text, header), lambda: {"format": "ndjson", "encoding": text.encoding}


class Separation(NamedTuple):
    """What separates cells, and whether each line as a whole is quoted once more."""

    delimiter: str
    is_quoted: bool


def _separations(text: Sequence[TextLine]) -> Iterator[Separation]:
    """Those that may be the one of these lines, the likelier first."""
    yield from (Separation(mark, False) for mark in text_records.DELIMITERS)
    if any(line.text[:1] == line.text[-1:] == '"' for line in text):
        yield from (Separation(mark, True) for mark in text_records.DELIMITERS)


def _windows(text: Sequence[TextLine]) -> Iterator[tuple[Separation, list[Line]]]:
    """The first lines of cells, by each separation that may be the one of these lines."""
    for separation in _separations(text):
        delimiter, is_quoted = separation
        lines = text_records.opened(text, delimiter) if is_quoted else iter(text)
        yield separation, list(islice(text_records.records(lines, delimiter), WINDOW))


def windows(file: BinaryIO) -> Iterator[list[Line]]:
    """The lines of a text among which its header is, by each separation that they may have."""
    return (window for _, window in _windows(list(_beginning(TextLines(file)))))


def text_header(file: BinaryIO, kind: FileKind, options: ReadingOptions) -> tuple[Header, Separation] | Refusal:
    """(header, separation); of several separations the one that names most columns, the first of equals."""
    if options.sheet is not None:
        return NO_SHEETS
    text = list(_beginning(TextLines(file)))
    if not any(line.text.strip() for line in text):
        return EMPTY
    best: tuple[Header, Separation] | None = None
    known = known_names(kind, options)
    for separation, window in _windows(text):
        header = find_header(window, known, options.header_row)
        if header and (best is None or _rank(header) > _rank(best[0])):
            best, above = (header, separation), line_of_table_above(window, header, known)
    if best is None:
        return _no_header(text, options)
    return best if above is None or options.header_row else another_table(above)


def _rank(header: Header) -> tuple[int, int]:
    return header.known, len(header.names)


def _beginning(lines: TextLines) -> Iterator[TextLine]:
    """The lines among which the header is looked for; fewer where they are long."""
    characters = 0
    for line in islice(lines, WINDOW + text_records.LONGEST_RECORD):
        yield line
        characters += len(line.text)
        if characters > _WINDOW_CHARACTERS:
            return


def _no_header(text: Sequence[TextLine], options: ReadingOptions) -> Refusal:
    if options.header_row is not None:
        return Refusal("invalid_value", "header_row", f"Line {options.header_row} holds no column names.")
    cells = [text_records.split(line.text, delimiter) for line in text for delimiter in text_records.DELIMITERS]
    return TOTALS if any(map(are_totals, cells)) else NO_HEADER


def _of_workbook(workbook: Workbook | Refusal, kind: FileKind, options: ReadingOptions, name: str) -> Lines | Refusal:
    if isinstance(workbook, Refusal):
        return workbook
    try:
        window = list(islice(workbook.lines, WINDOW))
    except WorkbookFailed:
        return workbooks.TOO_LARGE
    known = known_names(kind, options)
    header = find_header(window, known, options.header_row)
    if header is None:
        return TOTALS if any(are_totals(line.cells) for line in window) else NO_HEADER
    if options.header_row is None and (above := line_of_table_above(window, header, known)) is not None:
        return another_table(above)
    below = (line for line in chain(window, workbook.lines) if line.number > header.last)
    reading = {"format": name, **workbook.reading, "cells_outside": 0}
    return header, _under(header, below, reading), lambda: reading


def _under(header: Header, lines: Iterator[Line], reading: dict[str, Any]) -> Iterator[Line]:
    """A sheet's rows, as wide as the header: cells beside the table are counted and not read."""
    width = len(header.names)
    for line in lines:
        reading["cells_outside"] += sum(1 for cell in line.cells[width:] if cell.strip())
        yield line._replace(cells=(*line.cells[:width], *("",) * (width - len(line.cells))))


def known_names(kind: FileKind, options: ReadingOptions) -> Known:
    chosen = {squeeze(name) for name in options.columns}
    return lambda name: squeeze(name) in chosen or columns.recognised(kind, name)


def are_totals(cells: Sequence[str]) -> bool:
    """Whether these columns are those of a statistic: a figure of something, by region or year."""
    names = {squeeze(cell) for cell in cells}
    of_something = any(name in _TOTAL_WORDS or name.startswith(("jumlah ", "total ", "persentase ")) for name in names)
    return of_something and any("wilayah" in name or "kabupaten" in name or name == "tahun" for name in names)
