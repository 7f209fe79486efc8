"""What a file is, by its first and last bytes; one that holds no table is refused with what it is and what to do."""

import re
import zipfile
from typing import BinaryIO, Final, Literal

from services.registration.intake.files.text_lines import wide_encoding
from services.registration.intake.values import Refusal

Format = Literal["text", "xlsx", "xls", "ods", "gzip", "zip", "ndjson"]

SAVE_AS = "save the table as XLSX or CSV and send that."
EMPTY = Refusal("malformed", "file", "The file is empty.")
MOST_ENTRIES = 10_000
MOST_DIRECTORY_BYTES = 2 << 20
MOST_UNPACKED = 512 << 20
MOST_CONTROLS = 32
"""Control characters among the first bytes of a text, or a tenth of these."""

_BEGINNING = 4096
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_END_OF_ZIP = b"PK\x05\x06"
_OTHERS: Final = (
    (b"%PDF", "a PDF document"),
    (b"\xff\xd8\xff", "a photo (JPEG)"),
    (b"\x89PNG", "a picture (PNG)"),
    (b"GIF8", "a picture (GIF)"),
    (b"BM", "a picture (BMP)"),
    (b"II*\x00", "a picture (TIFF)"),
    (b"MM\x00*", "a picture (TIFF)"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"{\\rtf", "a text document (RTF)"),
    (b"SQLite format 3\x00", "a database (SQLite)"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
)
_MARKUP: Final = re.compile(
    rb"\s*(?:<!--.*?-->\s*)?(?:<!doctype\s+html|<html|<table|<head|<body|<meta|MIME-Version:)",
    re.IGNORECASE | re.DOTALL,
)
_XML: Final = re.compile(rb"\s*<\?xml", re.IGNORECASE)
_JSON: Final = re.compile(rb"\s*(?:\[\s*[\"\[{]|\{\s*[\"}])")
_ENCRYPTED: Final = re.compile(
    re.escape("EncryptedPackage".encode("utf-16-le"))
    + rb"|\x09\x08\x10\x00\x00\x06\x05\x00.{12}(?:\x86\x00\x00\x00)?\x2f\x00",
    re.DOTALL,
)
"""A workbook of today with a password; or one of Excel 97, whose first record (BOF) is followed by FilePass."""
_BOOK: Final = re.compile(b"|".join(name.encode("utf-16-le") for name in ("Workbook", "Book")))
_LONGEST_MATCH = 64
_CONTROL: Final = re.compile(rb"[\x01-\x08\x0e-\x1f\x7f]")


def file_format(file: BinaryIO) -> Format | Refusal:
    """The format of a file that may hold a table. Leaves the file at its beginning."""
    file.seek(0)
    beginning = file.read(_BEGINNING)
    found = _format(file, beginning)
    file.seek(0)
    return found


def _format(file: BinaryIO, beginning: bytes) -> Format | Refusal:
    if not beginning.strip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"):
        return EMPTY if not file.read(1) else "text"
    if beginning.startswith(_ZIP):
        return _zip_format(file)
    if beginning.startswith(_OLE):
        return _ole_format(file)
    if beginning.startswith(b"\x1f\x8b"):
        return "gzip"
    return _text_format(beginning)


def _text_format(beginning: bytes) -> Format | Refusal:
    plain = beginning.removeprefix(b"\xef\xbb\xbf")
    for mark, what in _OTHERS:
        if plain.startswith(mark) and (len(mark) > 2 or b"\x00" in plain):
            return not_a_table(what)
    text = _narrow(beginning)
    if _MARKUP.match(text):
        return Refusal(
            "malformed", "file", f"This is a web page, not a workbook: open it in a spreadsheet and {SAVE_AS}"
        )
    if _JSON.match(text):
        return "ndjson" if _is_object_a_line(text, is_cut=len(beginning) == _BEGINNING) else JSON
    if _XML.match(text):
        return Refusal("malformed", "file", f"This is XML, not a table: open it in a spreadsheet and {SAVE_AS}")
    if len(_CONTROL.findall(plain)) > max(MOST_CONTROLS, len(plain) // 10) and not plain.startswith(
        (b"\xff\xfe", b"\xfe\xff", b"\x00\x00")
    ):
        return not_a_table("a file of a kind that we do not read")
    return "text"


JSON = Refusal(
    "malformed",
    "file",
    f"This is one JSON document, not a table: send each row as an object on a line of its own, or {SAVE_AS}",
)


def _narrow(beginning: bytes) -> bytes:
    """The first characters without a byte order mark, those of wide encodings as UTF-8."""
    mark, encoding = wide_encoding(beginning)
    text = beginning[mark:]
    return text.decode(encoding, errors="ignore").encode(errors="ignore") if encoding else text.replace(b"\x00", b"")


def _is_object_a_line(beginning: bytes, *, is_cut: bool) -> bool:
    """Whether the first line is an object, or may be one that is longer than what is seen of it."""
    first, line_break, _ = beginning.lstrip().partition(b"\n")
    if not first.startswith(b"{"):
        return False
    return first.rstrip().endswith(b"}") if line_break or not is_cut else True


def not_a_table(what: str) -> Refusal:
    return Refusal("malformed", "file", f"This is {what}, not a table: {SAVE_AS}")


def _ole_format(file: BinaryIO) -> Format | Refusal:
    """A workbook of Excel 97 to 2003; a workbook with a password is such a file too, whatever its name ends in."""
    if _contains(file, _ENCRYPTED):
        return PROTECTED
    if _contains(file, _BOOK):
        return "xls"
    return not_a_table("a document of another program")


PROTECTED = Refusal("malformed", "file", "This workbook is protected by a password: save it without one and send that.")


def _contains(file: BinaryIO, wanted: re.Pattern[bytes]) -> bool:
    file.seek(0)
    held = b""
    while block := file.read(1 << 20):
        held = held[-_LONGEST_MATCH:] + block
        if wanted.search(held):
            return True
    return False


def _zip_format(file: BinaryIO) -> Format | Refusal:
    if problem := _zip_problem(file):
        return problem
    try:
        with zipfile.ZipFile(file) as archive:
            names = set(archive.namelist())
            unpacked = sum(entry.file_size for entry in archive.infolist())
            is_ods = "mimetype" in names and b"opendocument.spreadsheet" in archive.open("mimetype").read(200)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, OSError, EOFError, KeyError):
        return DAMAGED
    is_xlsx = bool(names & {"xl/workbook.xml", "xl/workbook.bin"})
    if (is_xlsx or is_ods) and unpacked > MOST_UNPACKED:
        return Refusal(
            "malformed", "file", f"This workbook unpacks to more than {MOST_UNPACKED >> 20} MiB: send it in parts."
        )
    if is_xlsx or is_ods:
        return "xlsx" if is_xlsx else "ods"
    if "mimetype" in names or "[Content_Types].xml" in names:
        return not_a_table("a text document or a presentation")
    return "zip"


DAMAGED = Refusal(
    "malformed", "file", "This file is damaged or was not sent whole: open it, save it again and send that."
)


def _zip_problem(file: BinaryIO) -> Refusal | None:
    """What keeps us from reading the archive's directory, which is read in one piece: judged by its last bytes."""
    size = file.seek(0, 2)
    file.seek(max(0, size - (1 << 16) - 22))
    end = file.read()
    at = end.rfind(_END_OF_ZIP)
    if at < 0 or len(end) - at < 22:
        return DAMAGED
    entries, directory = (
        int.from_bytes(end[at + 10 : at + 12], "little"),
        int.from_bytes(end[at + 12 : at + 16], "little"),
    )
    if entries > MOST_ENTRIES or directory > MOST_DIRECTORY_BYTES:
        return Refusal("malformed", "file", f"This archive holds too many files: send one table, or {SAVE_AS}")
    return None
