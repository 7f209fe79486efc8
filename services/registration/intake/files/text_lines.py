"""A text file as lines: the encoding is settled line by line, and no line is held beyond LONGEST_LINE."""

import codecs
from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple, Protocol

LONGEST_LINE = 1 << 20
BLOCK = 1 << 18
_SHORT = 4096
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


class TextLine(NamedTuple):
    """One line without its end, and whether it was longer than LONGEST_LINE bytes: then this is its beginning."""

    number: int
    text: str
    is_cut: bool


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class TextLines:
    """The lines of a file from its beginning; can be iterated once.

    Each line is UTF-8 or, where it is not, Windows-1252: one foreign byte costs its own line alone. A file with the
    byte order mark of UTF-16 or UTF-32 is that. NUL characters are dropped.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._seen: Counter[str] = Counter()
        file.seek(0)
        beginning = file.read(_SHORT)
        mark, self._wide = wide_encoding(beginning)
        file.seek(mark)
        self._file: _Readable = _AsUtf8(file, self._wide) if self._wide else file

    def __iter__(self) -> Iterator[TextLine]:
        for number, line in enumerate(_split(self._file), 1):
            if line.isascii() and len(line) <= LONGEST_LINE and b"\x00" not in line:
                yield TextLine(number, line.decode("ascii"), False)
            else:
                yield TextLine(number, self._decoded(line[:LONGEST_LINE]), len(line) > LONGEST_LINE)

    @property
    def encoding(self) -> str:
        """The encoding of the lines read so far; several are joined by ` and `."""
        return self._wide or " and ".join(sorted(self._seen)) or "utf-8"

    def _decoded(self, line: bytes) -> str:
        text = line.decode("ascii") if line.isascii() else self._guessed(line)
        return text.replace("\x00", "") if "\x00" in text else text

    def _guessed(self, line: bytes) -> str:
        try:
            text = line.decode()
        except UnicodeDecodeError as problem:
            if problem.reason == "unexpected end of data" and len(line) == LONGEST_LINE:  # cut within a character
                return line.decode(errors="replace")
            self._seen["windows-1252"] += 1
            return line.decode("cp1252", errors="replace")
        self._seen["utf-8"] += 1
        return text


def wide_encoding(beginning: bytes) -> tuple[int, str | None]:
    """(length of the byte order mark, the encoding if its characters are wider than a byte)."""
    for mark, name in _MARKS:
        if beginning.startswith(mark):
            return len(mark), None if name == "utf-8" else name
    pairs = len(beginning) // 2
    low, high = beginning[0::2].count(0), beginning[1::2].count(0)
    if pairs > 8 and max(low, high) > pairs * 0.7 and min(low, high) < pairs * 0.1:
        return 0, "utf-16-le" if high > low else "utf-16-be"
    return 0, None


class _AsUtf8:
    """Reads a file of wide characters as UTF-8; what is no character becomes the replacement character."""

    def __init__(self, file: BinaryIO, encoding: str) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder(encoding)(errors="replace")

    def read(self, size: int, /) -> bytes:
        while block := self._file.read(size):
            if text := self._decoder.decode(block):
                return text.encode(errors="replace")
        return self._decoder.decode(b"", final=True).encode(errors="replace")


def _split(file: _Readable) -> Iterator[bytes]:
    """The lines without their ends (LF, CR LF, CR); of one that is too long a little more than LONGEST_LINE."""
    held = b""
    while block := file.read(BLOCK):
        if len(held) > LONGEST_LINE and not held.endswith(b"\r"):
            block = block[_end_of_line(block) :]
            if not block:
                continue
        lines = (held + block).splitlines(keepends=True)
        held = b"" if lines[-1].endswith(b"\n") else lines.pop()
        for line in lines:
            yield line.rstrip(b"\r\n")
        if len(held) > LONGEST_LINE and not held.endswith(b"\r"):
            held = held[: LONGEST_LINE + 1]
    for line in held.splitlines():
        yield line


def _end_of_line(block: bytes) -> int:
    """Where a line ends in these bytes; behind them if it goes on."""
    ends = [at for at in (block.find(b"\n"), block.find(b"\r")) if at >= 0]
    return min(ends, default=len(block))
