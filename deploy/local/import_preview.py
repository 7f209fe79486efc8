"""The preview of a dry run on a terminal: how the file is read, its columns, its first rows as they are understood."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

LONGEST = 24
"""Characters of a cell that are shown."""
ACCEPTED = "accepted"

_STRUCTURE = ("format", "encoding", "separator", "sheet", "header_row")
_MARKS = {"\t": "tab", ";": "semicolon", ",": "comma", "|": "bar"}


def show(console: "Console", preview: dict[str, Any]) -> None:
    reading = preview["reading"]
    found = {name: reading[name] for name in _STRUCTURE if reading.get(name) is not None}
    read_as = (f"{_name(name)} {printable(_MARKS.get(value, str(value)))}" for name, value in found.items())
    console.print(f"read as: {', '.join(read_as)}", markup=False)
    if not preview["is_whole"]:
        console.print(f"judged from the first {preview['of_rows']} rows")
    console.print(_columns(preview["columns"]))
    rows = preview["rows"]
    same = _same(rows)
    if same:
        said = ", ".join(f"{_name(meaning)} {_text(value)}" for meaning, value in same.items())
        console.print(f"in each of these rows: {printable(said)}", markup=False)
    console.print(_rows(rows, same))


def _columns(columns: list[dict[str, Any]]) -> "Table":
    from rich.table import Table

    table = Table("column", "read as", "fits")
    for each in columns:
        fits = "" if each["confidence"] is None else f"{each['confidence']:.0%}"
        table.add_row(_cell(each["header"]), each["read_as"] or "not read", fits)
    return table


def _same(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The values that all of several rows have: said once, they leave room for the others."""
    if len(rows) < 2:
        return {}
    first = rows[0]["fields"]
    return {name: value for name, value in first.items() if all(row["fields"].get(name) == value for row in rows)}


def _rows(rows: list[dict[str, Any]], same: dict[str, Any]) -> "Table":
    """A row of the file each: its values under their meanings, and what is wrong with it."""
    from rich.table import Table

    meanings = list(dict.fromkeys(meaning for row in rows for meaning in row["fields"] if meaning not in same))
    results = [_result(row) for row in rows]
    shown = [*map(_name, meanings), *(["result"] if set(results) != {ACCEPTED} else [])]
    table = Table("line", padding=(0, 0, 0, 1))
    for each in shown:
        table.add_column(each, overflow="fold")
    for row, result in zip(rows, results, strict=True):
        cells = [_cell(_text(row["fields"].get(meaning, ""))) for meaning in meanings]
        table.add_row(str(row["line"]), *[*cells, result][: len(shown)])
    return table


def _name(meaning: str) -> str:
    return meaning.replace("_", " ")


def _result(row: dict[str, Any]) -> str:
    refused = row["refused"]
    if refused is None:
        return ", ".join((ACCEPTED, *row["warnings"]))
    return f"refused: {refused['code']}" + (f" ({refused['field']})" if refused["field"] else "")


def _text(value: Any) -> str:
    return ", ".join(map(_text, value)) if isinstance(value, list) else str(value)


def _cell(text: str) -> str:
    from rich.markup import escape

    plain = printable(text)
    return escape(plain if len(plain) <= LONGEST else f"{plain[: LONGEST - 1]}…")


def printable(text: str) -> str:
    """A text from a file, made safe for a terminal."""
    return "".join(each if each.isprintable() else "?" for each in text)
