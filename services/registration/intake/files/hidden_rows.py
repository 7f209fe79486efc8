"""How many rows of an XLSX sheet are hidden (by a filter or by hand): they are read, and the sender is shown that."""

import re
import zipfile
from html import unescape
from typing import Final

BLOCK = 1 << 20
_ROW: Final = re.compile(rb"<(?:\w+:)?row\s[^>]*?\bhidden=[\"'](?:1|true)[\"'][^>]*>")
_SHEET: Final = re.compile(r"<(?:\w+:)?sheet\s([^>]*?)/?>")
_RELATION: Final = re.compile(r"<(?:\w+:)?Relationship\s([^>]*?)/?>")
_ATTRIBUTE: Final = re.compile(r"([\w:]+)\s*=\s*[\"']([^\"']*)[\"']")
LONGEST_TAG = 4096
MOST_DIRECTORY = 8 << 20


def count(descriptor: int, sheet: str) -> int | None:
    """The number of hidden rows of this sheet; None where that cannot be seen, as in other formats than XLSX."""
    try:
        with zipfile.ZipFile(f"/dev/fd/{descriptor}") as archive:
            path = _path(archive, sheet)
            return None if path is None else _count(archive, path)
    except (zipfile.BadZipFile, KeyError, OSError, ValueError, NotImplementedError, RuntimeError, EOFError):
        return None


def _path(archive: zipfile.ZipFile, sheet: str) -> str | None:
    """Where the archive holds the sheet of this name."""
    relation = next(
        (
            found["r:id"]
            for found in _tags(archive, "xl/workbook.xml", _SHEET)
            if unescape(found.get("name", "")) == sheet
        ),
        None,
    )
    for found in _tags(archive, "xl/_rels/workbook.xml.rels", _RELATION):
        if found.get("Id") == relation:
            return found["Target"].removeprefix("/") if found["Target"].startswith("/") else "xl/" + found["Target"]
    return None


def _tags(archive: zipfile.ZipFile, name: str, tag: re.Pattern[str]) -> list[dict[str, str]]:
    with archive.open(name) as part:
        text = part.read(MOST_DIRECTORY).decode(errors="replace")
    return [dict(_ATTRIBUTE.findall(attributes)) for attributes in tag.findall(text)]


def _count(archive: zipfile.ZipFile, path: str) -> int:
    hidden, held = 0, b""
    with archive.open(path) as part:
        while block := part.read(BLOCK):
            held += block
            complete = held.rfind(b">") + 1
            hidden += len(_ROW.findall(held, 0, complete))
            held = held[complete:][-LONGEST_TAG:]
    return hidden
