"""The first rows of an XLSX as a small XLSX: opening a large one takes longer than a preview may."""

import re
import zipfile
import zlib
from tempfile import TemporaryFile
from typing import BinaryIO, Final

MOST_SHEET = 1 << 20
"""Bytes of XML of a sheet that are kept."""
MOST_STRINGS = 32 << 20
"""Bytes of XML of the workbook's texts among which those of the first rows are looked for."""
MOST_OTHER = 2 << 20
_BLOCK = 1 << 18
_SHEET: Final = re.compile(r"xl/worksheets/[^/]+\.xml")
_NEEDED: Final = re.compile(r"\[Content_Types\]\.xml|_rels/\.rels|xl/(workbook|styles|metadata)\.xml|xl/_rels/.*\.rels")
_STRINGS: Final = "xl/sharedStrings.xml"
_END_OF_ROW: Final = re.compile(rb"</((?:\w+:)?)row>")
_END_OF_TEXT: Final = re.compile(rb"</((?:\w+:)?)si>|<(?:\w+:)?si\s*/>")
_TEXT_CELL: Final = re.compile(rb"<(?:\w+:)?c\s[^>]*\bt=[\"']s[\"'][^>]*>\s*<(?:\w+:)?v>(\d{1,9})</")
_PROBLEMS = (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, KeyError)


def shortened(file: BinaryIO) -> BinaryIO | None:
    """The workbook with the first rows of each sheet, as a temporary file; None if it is short or of another make."""
    short = TemporaryFile()  # noqa: SIM115 - closed by whoever reads it
    try:
        with zipfile.ZipFile(file) as old, zipfile.ZipFile(short, "w") as new:
            if _shorten(old, new):
                return short
    except _PROBLEMS:
        pass
    short.close()
    return None


def _shorten(old: zipfile.ZipFile, new: zipfile.ZipFile) -> bool:
    sheets = [each for each in old.infolist() if _SHEET.fullmatch(each.filename)]
    if not any(each.file_size > MOST_SHEET for each in sheets):
        return False
    last_text = -1
    for each in sheets:
        content = _first_rows(_beginning(old, each, MOST_SHEET), is_cut=each.file_size > MOST_SHEET)
        if content is None:
            return False
        last_text = max((last_text, *(int(at) for at in _TEXT_CELL.findall(content))))
        new.writestr(each.filename, content)
    for each in old.infolist():
        if _NEEDED.fullmatch(each.filename):
            if each.file_size > MOST_OTHER:
                return False
            new.writestr(each.filename, old.read(each))
    return _STRINGS not in old.namelist() or _write_texts(old, new, last_text + 1)


def _beginning(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> bytes:
    with archive.open(entry) as packed:
        return packed.read(most)


def _first_rows(content: bytes, *, is_cut: bool) -> bytes | None:
    """The sheet's XML up to the end of its last whole row; None where it has no whole row."""
    if not is_cut:
        return content
    last = None
    for last in _END_OF_ROW.finditer(content):  # noqa: B007 - the last one is used
        pass
    return last and b"%s</%ssheetData></%sworksheet>" % (content[: last.end()], last[1], last[1])


def _write_texts(old: zipfile.ZipFile, new: zipfile.ZipFile, count: int) -> bool:
    """Writes so many of the workbook's texts; false if these are too long."""
    content, prefix, found, at = b"", b"", 0, 0
    with old.open(_STRINGS) as packed:
        while found < count:
            block = packed.read(_BLOCK)
            if not block or len(content) > MOST_STRINGS:
                return False
            content += block
            while found < count and (end := _END_OF_TEXT.search(content, at)):
                found, at, prefix = found + 1, end.end(), end[1] or prefix
    if not count:
        content = _beginning(old, old.getinfo(_STRINGS), _BLOCK)
        opening = re.search(rb"<((?:\w+:)?)sst\b[^>]*>", content)
        if opening is None:
            return False
        at, prefix = opening.end(), opening[1]
        if content[at - 2 : at] == b"/>":
            new.writestr(_STRINGS, content[:at])
            return True
    new.writestr(_STRINGS, content[:at] + b"</%ssst>" % prefix)
    return True
