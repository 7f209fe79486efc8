"""The process in which a workbook is opened: its memory and time are limited, and its end is nobody else's.

`python -m services.registration.intake.files.workbook_child FD KIND OPTIONS` reads the workbook behind the descriptor
and writes lines of JSON: what was found (`{"sheet": …}` or `{"refused": sentence}`), then `[number, [cells]]` for every
row of the sheet, then `{"rows": n}`, without which the process was ended before it was done. With `only_beginnings` it
writes `[sheet, [[number, [cells]], …]]` of each sheet instead.
"""

import resource
import sys
from collections.abc import Iterator
from itertools import islice
from typing import Any, BinaryIO

import msgspec
from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from services.registration.intake import columns
from services.registration.intake.files import hidden_rows
from services.registration.intake.files.header import WINDOW, find_header
from services.registration.intake.files.tables import Line, squeeze, without_empty_end
from services.registration.intake.files.workbook_cells import text_of

MEMORY = 512 << 20
"""Bytes of address space, which bounds what any workbook, or a bomb dressed as one, can take."""

CPU_SECONDS = 180
PROTECTED = "This workbook is protected by a password: save it without one and send that."
UNREADABLE = "This workbook cannot be read: open it, save it again as XLSX or save the sheet as CSV, and send that."


class _Options(msgspec.Struct):
    """What of the upload matters for finding the sheet."""

    sheet: str | None = None
    header_row: int | None = None
    columns: dict[str, str | None] = {}
    only_beginnings: bool = False


def main(descriptor: int, kind: str, options: _Options, out: BinaryIO) -> None:
    try:
        workbook = CalamineWorkbook.from_path(f"/dev/fd/{descriptor}")
        if options.only_beginnings:
            _write_beginnings(workbook, options.sheet, out)
        else:
            _write(workbook, descriptor, kind, options, out)
    except PasswordError:
        _emit(out, {"refused": PROTECTED})
    except (CalamineError, OSError, ValueError):
        _emit(out, {"refused": UNREADABLE})


def _write(workbook: CalamineWorkbook, descriptor: int, kind: str, options: _Options, out: BinaryIO) -> None:
    sheets = [each for each in workbook.sheets_metadata if each.typ == SheetTypeEnum.WorkSheet]
    visible = [each.name for each in sheets if each.visible == SheetVisibleEnum.Visible]
    hidden = [each.name for each in sheets if each.visible != SheetVisibleEnum.Visible]
    if options.sheet is not None and options.sheet not in (*visible, *hidden):
        names = ", ".join(f"'{name}'" for name in visible[:20])
        _emit(out, {"refused": f"The workbook has no sheet of this name; its sheets are {names}.", "field": "sheet"})
        return
    known = _known_columns(workbook, visible, kind, options)
    name = options.sheet or max(visible, key=known.__getitem__, default=None)
    if name is None:
        _emit(out, {"refused": "The workbook has no sheet with cells in it."})
        return
    others = [each for each in visible if each != name]
    alike = [each for each in others if known[each] and known[each] >= known.get(name, 0)]
    found = {"sheet": name, "other_sheets": others, "similar_sheets": alike}
    found["hidden_sheets"] = [each for each in hidden if each != name]
    _emit(out, found | {"hidden_rows": hidden_rows.count(descriptor, name)})
    rows = 0
    for line in _lines(workbook.get_sheet_by_name(name)):
        rows += 1
        _emit(out, (line.number, line.cells))
    _emit(out, {"rows": rows})


def _write_beginnings(workbook: CalamineWorkbook, only: str | None, out: BinaryIO) -> None:
    for each in workbook.sheets_metadata:
        is_shown = each.typ == SheetTypeEnum.WorkSheet and each.visible == SheetVisibleEnum.Visible
        if each.name == only or (only is None and is_shown):
            window = islice(_lines(workbook.get_sheet_by_name(each.name)), WINDOW)
            _emit(out, (each.name, [(line.number, line.cells) for line in window]))


def _known_columns(workbook: CalamineWorkbook, names: list[str], kind: str, options: _Options) -> dict[str, int]:
    """How many columns the header of each sheet names; 0 for a sheet without a header. The most is the sheet to read,
    the first of equals; the others are similar, such as one a district, and the sender is shown that."""
    chosen = {squeeze(name) for name in options.columns}

    def known(name: str) -> bool:
        return squeeze(name) in chosen or columns.recognised(kind, name)

    found = {}
    for name in names:
        header = find_header(list(islice(_lines(workbook.get_sheet_by_name(name)), WINDOW)), known)
        found[name] = header.known if header else 0
    return found


def _lines(sheet: CalamineSheet) -> Iterator[Line]:
    """The sheet's rows under their numbers in the sheet, up to the last one with a cell."""
    for number, row in enumerate(sheet.iter_rows(), 1):
        yield Line(number, number, without_empty_end([text_of(value) for value in row]))


def _emit(out: BinaryIO, value: Any) -> None:
    out.write(msgspec.json.encode(value) + b"\n")


def _limit_ourselves() -> None:
    _, allowed = resource.getrlimit(resource.RLIMIT_AS)
    memory = MEMORY if allowed == resource.RLIM_INFINITY else min(MEMORY, allowed)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    _limit_ourselves()
    main(int(sys.argv[1]), sys.argv[2], msgspec.json.decode(sys.argv[3], type=_Options), sys.stdout.buffer)
