"""A refused row or event as fields to correct, and the corrections as the quarantine takes them. Pure."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from services.registration.intake import known_fields

LONG: Final = 60
"""Characters from which on a value is shown on several lines."""
ENVELOPE: Final = ("type", "id", "source", "specversion")
WHOLE: Final = re.compile(r"\d{1,18}|\d{1,3}(\.\d{3}){1,5}", re.ASCII)
"""8400000 or 8.400.000"""
REGIONS: Final = frozenset(("region", "region_code"))


@dataclass(frozen=True, slots=True)
class Field:
    """`key` names it in the form; `label` is the file's own column name, or what a form calls it. A field of an event
    that was not sent is empty and not `was_sent`."""

    key: str
    label: str
    value: str
    meaning: str | None = None
    is_faulty: bool = False
    was_sent: bool = True

    @property
    def is_long(self) -> bool:
        return len(self.value) > LONG or "\n" in self.value


def fields(entry: Mapping[str, Any], report: Collection[tuple[str, str | None]]) -> list[Field]:
    """Those of an entry; `report` is what the columns of its file were read as, (name, meaning) in their order."""
    if entry["import_id"] is not None:
        return list(_of_row(entry, [meaning for _, meaning in report]))
    return list(_of_event(entry))


def _of_row(entry: Mapping[str, Any], meanings: list[str | None]) -> Iterator[Field]:
    header = entry["columns"]
    for at, name in enumerate(header):
        meaning = meanings[at] if at < len(meanings) else None
        value = entry["cells"][at] if at < len(entry["cells"]) else ""
        yield Field(f"c{at}", name, value, meaning, _is_faulty(meaning, entry["field"]))


def surplus(entry: Mapping[str, Any]) -> list[str]:
    """The cells of a row that is longer than its header: they are no column's."""
    return entry["cells"][len(entry["columns"]) :] if entry["import_id"] is not None else []


def _of_event(entry: Mapping[str, Any]) -> Iterator[Field]:
    event = entry["event"]
    if not isinstance(event, dict):
        return
    data = event.get("data")
    sent = dict(_leaves(data)) if isinstance(data, dict) else {}
    known = [path for path in known_fields.leaves(str(entry["type"])) if not _is_within(path, data)]
    for path in dict.fromkeys((*sent, *known)):
        value = sent.get(path)
        yield Field(f"d.{path}", path, _text(value), path, _is_faulty(path, entry["field"]), was_sent=value is not None)
    for name in ENVELOPE:
        yield Field(f"e.{name}", name, _text(event.get(name)), name, entry["field"] == name and name not in sent)


def _is_faulty(path: str | None, field: str | None) -> bool:
    if path is None or field is None:
        return False
    return path == field or path.rpartition(".")[2] == field or {path, field} <= REGIONS


def _is_within(path: str, data: Any) -> bool:
    """Whether an outer part of the path is there as something else than an object: `workers` of `workers.staff`."""
    *outer, _ = path.split(".")
    for name in outer:
        if not isinstance(data, dict) or data.get(name) is None:
            return False
        data = data[name]
    return bool(outer) and not isinstance(data, dict)


def _leaves(data: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """path → value of everything that fits into one field: texts, numbers, lists of those."""
    for name, value in data.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{prefix}{name}.")
        elif not isinstance(value, list) or all(isinstance(each, str | int | float) for each in value):
            yield prefix + name, value


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case list():
            return "; ".join(map(_text, value))
        case bool():
            return str(value).lower()
        case _:
            return str(value)


def corrections(entry: Mapping[str, Any], shown: Collection[Field], given: Mapping[str, str]) -> dict[str, Any] | None:
    """What the quarantine is to hold instead, None if nothing was changed. A field that is not given stays."""
    changed = {each.key: text for each in shown if (text := _typed(given.get(each.key), each.value)) is not None}
    if not changed:
        return None
    if entry["import_id"] is not None:
        return {"cells": [changed.get(each.key, each.value) for each in shown]}
    event = {**entry["event"], "data": _copy(entry["event"].get("data"))}
    kind = str(event.get("type"))
    for key, text in changed.items():
        part, _, path = key.partition(".")
        if part == "e":
            event[path] = text
        else:
            _set(event["data"], path.split("."), _value(path, text, known_fields.leaves(kind).get(path, "text")))
    return event


def _typed(text: str | None, before: str) -> str | None:
    """What somebody typed, None where that is what was there: browsers send lines with ends of their own."""
    if text is None:
        return None
    plain = text.replace("\r\n", "\n")
    return None if plain == before.replace("\r\n", "\n") else plain.strip()


def _copy(value: Any) -> Any:
    return {name: _copy(each) for name, each in value.items()} if isinstance(value, dict) else value


def _set(data: dict[str, Any], path: list[str], value: Any) -> None:
    """Sets a value, or takes the field out if it is None."""
    *outer, name = path
    for each in outer:
        inner = data.get(each)
        if not isinstance(inner, dict):
            inner = data[each] = {}
        data = inner
    if value is None:
        data.pop(name, None)
    else:
        data[name] = value


def _value(path: str, text: str, leaf: known_fields.Leaf) -> Any:
    """A field's text as events have it; what cannot be read stays a text, and is refused as such."""
    if not text:
        return None
    if leaf == "list":
        marks = ",;\n" if path == "programmes" else ";\n"  # names of parties hold commas
        return [part for each in re.split(f"[{marks}]", text) if (part := each.strip())]
    return int(text.replace(".", "")) if leaf == "number" and WHOLE.fullmatch(text) else text


def title(shown: Collection[Field]) -> str:
    """What an entry is called: the name in it, else a number that is nobody's identity; empty if there is none."""
    named = {each.meaning: each.value for each in shown if each.value}
    for meaning in ("name", "partner.name", "owner", "title", "person", "participant_no", "claim_ref"):
        if meaning in named:
            return named[meaning]
    return ""
