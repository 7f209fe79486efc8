"""Lines of text as lines of cells: quoted cells may hold the separator and line breaks."""

import csv
from collections import deque
from collections.abc import Iterable, Iterator

from services.registration.intake.files.tables import MOST_COLUMNS, Line
from services.registration.intake.files.text_lines import LONGEST_LINE, TextLine
from shared.spreadsheet import unguarded

DELIMITERS = (";", ",", "\t", "|")
LONGEST_RECORD = 20
"""Lines that one record may span; a quote still open then was never meant to be one."""


def split(text: str, delimiter: str) -> list[str]:
    """The cells of one record; those of our own CSV without what keeps formulas away."""
    cells = _cells(text, delimiter)
    return [unguarded(cell) for cell in cells] if "'" in text or '="' in text else cells


def _cells(text: str, delimiter: str) -> list[str]:
    if '"' not in text:
        return text.split(delimiter)
    try:
        return next(csv.reader([text], delimiter=delimiter), [])
    except csv.Error:
        return text.split(delimiter)


def opened(lines: Iterable[TextLine], delimiter: str) -> Iterator[TextLine]:
    """The lines without the quotes around whole lines, `"Toko;1"`, as they come from a table kept in one column."""
    for line in lines:
        cells = _cells(line.text, delimiter) if line.text[:1] == line.text[-1:] == '"' else []
        yield line._replace(text=cells[0]) if len(cells) == 1 and delimiter in cells[0] else line


def records(lines: Iterable[TextLine], delimiter: str, width: int | None = None) -> Iterator[Line]:
    """Each record with the lines it spans. A quote never closed costs its own line, not the rest of the file.

    Where the `width` is known, lines are one record only if together they have so many cells.
    """
    ahead: deque[TextLine] = deque()
    rest = iter(lines)
    for first in _taking(ahead, rest):
        if first.text.count('"') % 2:
            yield _joined(first, ahead, rest, delimiter, width)
        else:
            yield _line(first, first.number, first.text, delimiter)


def _taking(ahead: deque[TextLine], rest: Iterator[TextLine]) -> Iterator[TextLine]:
    while True:
        if ahead:
            yield ahead.popleft()
        elif (line := next(rest, None)) is not None:
            yield line
        else:
            return


def _joined(
    first: TextLine, ahead: deque[TextLine], rest: Iterator[TextLine], delimiter: str, width: int | None
) -> Line:
    """The record that begins with this line, which opens a quote; takes the lines it spans from those ahead."""
    text, quotes = first.text, first.text.count('"')
    for following in range(1, LONGEST_RECORD):
        if len(ahead) < following:
            line = next(rest, None)
            if line is None:
                break
            ahead.append(line)
        text = f"{text}\n{ahead[following - 1].text}"
        quotes += ahead[following - 1].text.count('"')
        if len(text) > LONGEST_LINE:
            break
        if quotes % 2 == 0:
            if width is not None and len(_fitted(split(text, delimiter), width)) != width:
                break
            last = ahead[following - 1].number
            for _ in range(following):
                ahead.popleft()
            return _line(first, last, text, delimiter)
    return _line(first, first.number, first.text, delimiter)


def _fitted(cells: list[str], width: int) -> list[str]:
    """Without empty cells behind the last column."""
    return cells[:width] if not any(cell.strip() for cell in cells[width:]) else cells


def _line(first: TextLine, last: int, text: str, delimiter: str) -> Line:
    cells = split(text, delimiter)
    if len(cells) > MOST_COLUMNS:
        is_cut = first.is_cut or any(cell.strip() for cell in cells[MOST_COLUMNS:])
        return Line(first.number, last, tuple(cells[:MOST_COLUMNS]), is_cut)
    return Line(first.number, last, tuple(cells), first.is_cut)
