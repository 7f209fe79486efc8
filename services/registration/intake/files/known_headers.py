"""Recognises a header that an agency sent before, to read the file as was said then."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack
from hashlib import blake2b
from itertools import islice
from typing import BinaryIO, NamedTuple

from services.registration.intake.columns import FileKind
from services.registration.intake.files import ndjson, table_beginning, table_source, unpacking, workbooks
from services.registration.intake.files.header import find_header
from services.registration.intake.files.reading_options import ReadingOptions
from services.registration.intake.files.tables import Line, squeeze
from services.registration.intake.values import Refusal

MOST_TIERS = 3

Window = tuple[str | None, list[Line]]
"""The first lines of a sheet by its name, or of a text."""


class Match(NamedTuple):
    """The header that was recognised, by its key, and the line of the sheet in which it begins."""

    key: str
    sheet: str | None
    line: int


def key_of(tiers: Sequence[Sequence[str]]) -> str:
    """The key of a header from the cells of its lines: the same however these are written."""
    lines = ("\x1f".join(map(squeeze, cells)).rstrip("\x1f ") for cells in tiers)
    return blake2b("\x1e".join(lines).encode(errors="replace"), digest_size=16).hexdigest()


def match(
    file: BinaryIO, kind: FileKind, options: ReadingOptions, keys: Collection[str], seconds: float | None = None
) -> Match | None:
    """The first of these headers in the file; one of an archive that cannot be judged by its beginning is unpacked,
    unless there are only so many seconds. Raises NotInTime, and WorkbookFailed."""
    with ExitStack() as stack:
        found = table_beginning.plain(file)
        if found is None:
            whole = unpacking.unpacked(file) if seconds is None else None
            found = whole if whole is None or isinstance(whole, Refusal) else (*whole, False)
        if found is None or isinstance(found, Refusal):
            return None
        plain, name, _ = found
        if plain is not file:
            stack.enter_context(plain)
        if name == "text":
            windows: Iterator[Window] = ((None, each) for each in table_source.windows(plain))
        elif name == "ndjson":
            windows = iter([(None, [ndjson.keys_line(plain)])])
        else:
            plain.flush()
            sheets: list[Window] = [*stack.enter_context(workbooks.windows(plain, kind, options, seconds))]
            windows = iter(_sheets_read(sheets, kind, options))
        return next((each for sheet, lines in windows for each in _matches(sheet, lines, options, keys)), None)


def _sheets_read(sheets: list[Window], kind: FileKind, options: ReadingOptions) -> list[Window]:
    """The sheet that is read unless another is named: what was said of others does not choose it. All of them where
    none has a header that is known by itself."""
    known = table_source.known_names(kind, options)
    headers = [find_header(lines, known) for _, lines in sheets]
    columns = [header.known if header else 0 for header in headers]
    return [sheets[columns.index(max(columns))]] if any(columns) else sheets


def _matches(
    sheet: str | None, lines: Sequence[Line], options: ReadingOptions, keys: Collection[str]
) -> Iterator[Match]:
    for at, line in enumerate(lines):
        if options.header_row is not None and not line.number <= options.header_row <= line.last:
            continue
        for tiers in range(1, MOST_TIERS + 1):
            key = key_of([each.cells for each in islice(lines, at, at + tiers)])
            if key in keys:
                yield Match(key, sheet, line.number)
