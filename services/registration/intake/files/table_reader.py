"""A file's table: its structure is judged over the whole file before any of its rows is read."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import Any, BinaryIO, TypeVar

from services.registration.intake import columns
from services.registration.intake.columns import FileKind
from services.registration.intake.files import known_headers, table_beginning, table_source, workbooks
from services.registration.intake.files.file_format import file_format
from services.registration.intake.files.header import Header, repeated
from services.registration.intake.files.line_kinds import LineKinds
from services.registration.intake.files.reading_options import ReadingOptions
from services.registration.intake.files.row_spool import RowSpool
from services.registration.intake.files.table_source import TOTALS, another_table, are_totals
from services.registration.intake.files.tables import Line, Row, SkipReason, Table, squeeze
from services.registration.intake.files.workbooks import NotInTime, WorkbookFailed
from services.registration.intake.values import Refusal

MOST_ROWS = 10_000_000
ASKED_EVERY = 10_000
NO_NAMES = Refusal(
    "malformed", "file", "No column names a business, its owner or a person: this is no list of partners."
)
TWO_TABLES = Refusal(
    "malformed", "file", "Two tables stand beside each other: put one below the other, under one header, and send that."
)
TOO_MANY = Refusal("malformed", "file", f"A file has at most {MOST_ROWS:,} rows: send it in parts.")
_NAMING = ("name", "owner", "person", "nik", "nib", "participant_no", "claim_ref", "title", "source")

T = TypeVar("T")
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
    with table_source.opened(file, kind, options) as found:
        if isinstance(found, Refusal):
            return found
        header, lines, reading = found
        return _table(header, WhileAsked(goes_on, lines), kind, options, rows, reading)


def read_beginning(
    file: BinaryIO, kind: FileKind, options: ReadingOptions, rows: RowSpool
) -> tuple[Table, bool] | Refusal | None:
    """(the table in the beginning of this file, whether that is all of it), within about a second whatever the size.

    None where the beginning shows nothing, or not in time: then only the whole file will.
    """
    try:
        with table_beginning.opened(file, kind, options) as found:
            if found is None or isinstance(found, Refusal):
                return found
            (header, below, reading), is_cut = found
            lines = table_beginning.Lookahead(below, is_cut=is_cut)
            table = _table(header, lines, kind, options, rows, reading)
            return table if isinstance(table, Refusal) else (table, lines.is_whole)
    except NotInTime:
        return None


def check(file: BinaryIO, kind: FileKind, options: ReadingOptions) -> Refusal | None:
    """Quickly: why `read` would find no table in this file, as far as its beginning shows it.

    Workbooks and archives are not opened.
    """
    found = file_format(file)
    if found == "ndjson":
        return _check_beginning(file, kind, options)
    if found != "text":
        return found if isinstance(found, Refusal) else None
    header = table_source.text_header(file, kind, options)
    return header if isinstance(header, Refusal) else _without_names(header[0], kind, options)


def _check_beginning(file: BinaryIO, kind: FileKind, options: ReadingOptions) -> Refusal | None:
    with table_beginning.opened(file, kind, options) as found:
        if found is None or isinstance(found, Refusal):
            return found
        (header, _, _), _ = found
        return _without_names(header, kind, options)


def is_text(file: BinaryIO) -> bool:
    return file_format(file) in ("text", "ndjson")


@dataclass(frozen=True)
class WhileAsked(Iterable[T]):
    """All of these, each time anew; raises Interrupted soon after `goes_on` does not hold any more."""

    goes_on: Callable[[], bool]
    each_of: Iterable[T]

    def __iter__(self) -> Iterator[T]:
        for count, each in enumerate(self.each_of):
            if count % ASKED_EVERY == 0 and not self.goes_on():
                raise Interrupted
            yield each


def _table(
    header: Header,
    lines: Iterable[Line],
    kind: FileKind,
    options: ReadingOptions,
    rows: RowSpool,
    reading: Callable[[], dict[str, Any]],
) -> Found:
    refusal = _without_names(header, kind, options) or _unknown_column(header, options) or _beside(header, kind)
    if refusal:
        return refusal
    try:
        skipped = _spool(header, lines, kind, options, rows)
    except WorkbookFailed:
        return workbooks.TOO_LARGE
    if isinstance(skipped, Refusal):
        return skipped
    found = reading() | ({"header_row": header.first} if header.first else {})
    return Table(header.names, len(rows), skipped, found, known_headers.key_of(header.tiers))


def _spool(
    header: Header, lines: Iterable[Line], kind: FileKind, options: ReadingOptions, rows: RowSpool
) -> dict[SkipReason, int] | Refusal:
    """Adds the rows to the spool; how many lines were none, by reason. Refused if there are too many, and if another
    table begins below: its rows would be read by the wrong columns."""
    meanings = columns.meanings(kind, header.names, options.columns)
    naming = [column for meaning, column in meanings.items() if meaning in _NAMING]
    kinds = LineKinds(header, naming, partial(columns.meaning_of, kind))
    skipped: Counter[SkipReason] = Counter()
    widths: Counter[int] = Counter()
    for line in lines:
        reason = None if line.is_cut or line.fault else kinds.skip_reason(line.cells)
        if reason is not None:
            skipped[reason] += 1
            continue
        if len(rows) >= MOST_ROWS:
            return TOO_MANY
        if not line.is_cut and not line.fault and kinds.is_another_header(line.cells):
            return another_table(line.number)
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
    return Row(line.number, cells, len(cells) == width and not line.is_cut and not line.fault, line.fault)


def _settle_widths(rows: RowSpool, widths: Counter[int], width: int) -> None:
    """Where most rows end in one empty cell more than the header, as some programs write them, they are no misfits.

    A single such row is one: its cells may be shifted by a separator within a text.
    """
    wide, count = max(((each, n) for each, n in widths.items() if each > width), default=(0, 0), key=itemgetter(1))
    if count > widths[width]:
        rows.narrow(wide, width)


def _without_names(header: Header, kind: FileKind, options: ReadingOptions) -> Refusal | None:
    """A list of partners in which nobody is named is refused as a whole, not row by row."""
    if kind not in ("partners", "persons") or {"name", "owner"} & set(
        columns.meanings(kind, header.names, options.columns)
    ):
        return None
    return TOTALS if are_totals(header.names) else NO_NAMES


def _beside(header: Header, kind: FileKind) -> Refusal | None:
    """Another table beside the first, whose rows nobody would read: a column that names, and another, stand twice."""
    again = repeated(header.names, partial(columns.recognised, kind))
    return TWO_TABLES if len(again) > 1 and any(columns.meaning_of(kind, name) in _NAMING for name in again) else None


def _unknown_column(header: Header, options: ReadingOptions) -> Refusal | None:
    """A column that the upload gives a meaning and that the file does not have."""
    names = set(map(squeeze, header.names))
    missing = next((name for name in options.columns if squeeze(name) not in names), None)
    if missing is None:
        return None
    return Refusal("invalid_value", "columns", f"The file has no column '{missing[:60]}': write it as in its header.")
