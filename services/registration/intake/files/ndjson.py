"""Files with a JSON object on each line (NDJSON): their keys are the columns, those of all objects together."""

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, BinaryIO, Final

from services.registration.intake.files.header import LEAST_KNOWN, WINDOW, Header, Known
from services.registration.intake.files.tables import MOST_COLUMNS, Fault, Line, squeeze
from services.registration.intake.files.text_lines import TextLine, TextLines
from services.registration.intake.files.workbook_cells import text_of
from services.registration.intake.values import Refusal

NO_KEYS: Final = Refusal(
    "malformed", "file", "No object has two keys that are column names known for this kind of file."
)
EVENTS: Final = Refusal(
    "malformed", "file", "These are events, not rows: send them to /v1/events as application/x-ndjson."
)
NO_OBJECT: Final = "This line is no JSON object; each line holds one, with a text or a number under each key."
_NESTED: Final[Mapping[type, str]] = {list: "a list", dict: "an object"}
_ENVELOPE: Final = {"specversion", "source", "type"}


class _Twice(ValueError):
    """A key stands twice in an object."""


def header_of(file: BinaryIO, known: Known) -> Header | Refusal:
    """The keys of all objects in the order in which they first appear, MOST_COLUMNS at most."""
    names: dict[str, None] = {}
    for line in TextLines(file):
        if isinstance(found := _object(line), dict) and len(names) < MOST_COLUMNS:
            names.update(dict.fromkeys(found))
    if names.keys() >= _ENVELOPE:
        return EVENTS
    columns = tuple(islice(names, MOST_COLUMNS))
    count = len({name for name in map(squeeze, columns) if name and known(name)})
    if count < LEAST_KNOWN:
        return NO_KEYS
    return Header(columns, 0, 0, count, (tuple(sorted(map(squeeze, columns))),), len(columns))


def keys_line(file: BinaryIO) -> Line:
    """The keys of the first objects as the line by which files like this are recognised."""
    found = map(_object, islice(TextLines(file), WINDOW))
    keys = {squeeze(name) for each in found if isinstance(each, dict) for name in each}
    return Line(0, 0, tuple(sorted(keys)))


def lines(text: Iterable[TextLine], header: Header) -> Iterator[Line]:
    """A line of cells for each line; one that is no object, or holds another one, has a fault."""
    for line in text:
        if not line.text.strip():
            yield Line(line.number, line.number, ())
        elif isinstance(found := _object(line), dict):
            yield _line(line.number, found, header)
        else:
            yield Line(line.number, line.number, (line.text,), line.is_cut, found)


def _line(number: int, found: Mapping[str, Any], header: Header) -> Line:
    cells = tuple(_text(found.get(name)) for name in header.names)
    fault = next((_fault(name, value) for name, value in found.items() if type(value) in _NESTED), None)
    return Line(number, number, cells, False, fault)


def _fault(name: str, value: Any) -> Fault:
    return name[:60], f"Under this key stands {_NESTED[type(value)]}: give a text or a number."


def _text(value: Any) -> str:
    if type(value) in _NESTED:
        return json.dumps(value, ensure_ascii=False)
    return value if isinstance(value, str) else text_of(value)


def _object(line: TextLine) -> dict[str, Any] | Fault:
    """The object on this line, numbers as texts with every digit; else what is wrong with the line."""
    if not line.text.strip():
        return {}
    try:
        found = _decode(line.text)
    except _Twice as problem:
        return str(problem)[:60], "This key stands twice in the object."
    except (ValueError, RecursionError):
        return "", NO_OBJECT
    return found if isinstance(found, dict) else ("", NO_OBJECT)


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = {_storable(name): _storable(value) if isinstance(value, str) else value for name, value in pairs}
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise _Twice(next(name for name in names if names.count(name) > 1))
    return found


def _storable(text: str) -> str:
    """Without NUL, which no text may hold. Raises ValueError where an escape stands for half of a character."""
    if not text.isascii():
        text.encode()
    return text.replace("\x00", "")


def _float(text: str) -> str:
    """A JSON number has a dot before its fraction, whatever the file's other figures look like."""
    return text_of(float(text))


def _no_number(text: str) -> None:
    raise ValueError(text)


_decode = json.JSONDecoder(
    object_pairs_hook=_pairs, parse_int=str, parse_float=_float, parse_constant=_no_number
).decode
