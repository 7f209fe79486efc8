"""What a file's table is made of: lines of cells, those of them that are rows, and how the whole was read."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple

import msgspec

SkipReason = Literal["blank", "sum", "column_numbers", "repeated_header", "section_title", "note"]
"""Why a line below the header is no row: no content, a sum, 1;2;3;… or units, the header again, a title of a section, a
source or signature."""

MOST_COLUMNS = 1_000
"""Cells of one line that are kept; no list of businesses has so many columns."""


Fault = tuple[str, str]
"""What is wrong with a line as such: the column's name, or "", and a sentence."""


class Line(NamedTuple):
    """One line of a table: `number` is where it begins, `last` where it ends, both counted from 1.

    `is_cut`: it was longer than what is kept of a line.
    """

    number: int
    last: int
    cells: tuple[str, ...]
    is_cut: bool = False
    fault: Fault | None = None


class Row(msgspec.Struct, frozen=True, gc=False):
    """One row as sent; `fits` is false when it has more or fewer cells than the header, or another fault."""

    line: int
    cells: tuple[str, ...]
    fits: bool
    fault: Fault | None = None


@dataclass(frozen=True)
class Table:
    """A table as it was found: its columns' names, how many rows it has, and how many lines were no rows, and why.

    `reading` is what was found out of the file, for its sender: format, encoding, separator, sheet, header_row.
    `header_key` recognises the header in other files.
    """

    header: tuple[str, ...]
    rows: int
    skipped_by: Mapping[SkipReason, int] = field(default_factory=dict)
    reading: Mapping[str, Any] = field(default_factory=dict)
    header_key: str = ""

    @property
    def skipped(self) -> int:
        return sum(self.skipped_by.values())


_NUMBERING: Final = re.compile(r"\s*\(?(?:\d{1,2}|[a-z])[.)]\s+")
_HINT: Final = re.compile(
    r"\(\s*(?:wajib|opsional|optional|required|sesuai|jika|bila|kalau|apabila|contoh|misal|diisi|isi|format|tulis|orang|rp"
    r"|rupiah|org|jiwa|dd|tgl|tanggal|maks|max|min|aktif|yang aktif|jalan|merk|merek|brand|mikro|\d+\s*(?:digit|angka))"
    r"\b[^)]*\)"
)
"""What forms put behind a column's name: how it is filled in, and its unit."""


def squeeze(header: str) -> str:
    """A column name as it is compared: `KAB/KOTA`, `kab_kota`, `Kab. Kota` and `3. Kab/Kota (wajib diisi)` are one."""
    if header.isascii() and header.isalnum():
        return header.lower()
    name = _HINT.sub(" ", header.lower()) if "(" in header else header.lower()
    numbering = _NUMBERING.match(name)
    return re.sub(r"[^a-z0-9]+", " ", name[numbering.end() :] if numbering else name).strip()


def without_empty_end(cells: list[str]) -> tuple[str, ...]:
    """The cells up to the last one with text, at most MOST_COLUMNS."""
    end = len(cells)
    while end and not cells[end - 1].strip():
        end -= 1
    return tuple(cells[: min(end, MOST_COLUMNS)])
