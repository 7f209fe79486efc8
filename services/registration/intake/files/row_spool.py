"""A file's rows on disk, in a temporary file that has no name and is gone with its process: memory holds one chunk."""

import heapq
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import islice
from tempfile import TemporaryFile

import msgspec

from services.registration.intake.files.tables import Fault, Row

RUN = 20_000
"""Rows that are sorted in memory at once."""

MOST_CHARACTERS = 2 << 20
MOST_CELLS = 200_000
"""Of the rows of one chunk together, unless a single row has more."""

SortKey = tuple[str, str, int]
_Kept = tuple[SortKey, int, tuple[str, ...], bool, Fault | None]
_NO_KEY: SortKey = ("", "", 0)
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Kept).decode


class RowSpool:
    """Rows in the order in which they were added. Write all of them, then read; one thread and one reader at a time."""

    def __init__(self) -> None:
        self._file = TemporaryFile()  # noqa: SIM115 - closed by `close`
        self._rows = 0
        self._wide = self._width = 0

    def __len__(self) -> int:
        return self._rows

    def __iter__(self) -> Iterator[Row]:
        for _, line, cells, fits, fault in self._kept():
            if not fits and len(cells) == self._wide and not any(map(str.strip, cells[self._width :])):
                cells, fits = cells[: self._width], True
            yield Row(line, cells, fits, fault)

    def narrow(self, wide: int, width: int) -> None:
        """From now on rows of so many cells, those behind the width empty, are rows of that width."""
        self._wide, self._width = wide, width

    def __enter__(self) -> "RowSpool":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def add(self, row: Row, key: SortKey = _NO_KEY) -> None:
        """Add a row behind the others."""
        self._file.write(_encode((key, row.line, row.cells, row.fits, row.fault)))
        self._file.write(b"\n")
        self._rows += 1

    def sort(self, key: Callable[[Row], SortKey]) -> None:
        """Order the rows by this key; no more than RUN of them are in memory."""
        rows = iter(self)
        with ExitStack() as stack:
            runs = []
            while run := [(key(row), row) for row in islice(rows, RUN)]:
                runs.append(stack.enter_context(RowSpool()))
                for each, row in sorted(run, key=lambda pair: pair[0]):
                    runs[-1].add(row, each)
            ordered = TemporaryFile()  # noqa: SIM115 - takes the place of ours
            self._wide = self._width = 0
            ordered.writelines(_encode(kept) + b"\n" for kept in heapq.merge(*(run._kept() for run in runs)))
        self._file.close()
        self._file = ordered

    def chunks(self, first: int, most_rows: int) -> Iterator[list[Row]]:
        """The rows from this place on, so many at a time as are small enough for memory."""
        chunk: list[Row] = []
        cells = characters = 0
        for row in islice(self, first, None):
            size = sum(map(len, row.cells))
            if chunk and (len(chunk) >= most_rows or cells >= MOST_CELLS or characters + size > MOST_CHARACTERS):
                yield chunk
                chunk, cells, characters = [], 0, 0
            chunk.append(row)
            cells, characters = cells + len(row.cells), characters + size
        if chunk:
            yield chunk

    def close(self) -> None:
        self._file.close()

    def _kept(self) -> Iterator[_Kept]:
        self._file.seek(0)
        return map(_decode, self._file)
