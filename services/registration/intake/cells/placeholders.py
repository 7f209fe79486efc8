"""What people write where they have nothing to write, and the marks that spreadsheets leave around a value.

One list for all columns; where a word means something in one of them, its reader asks `cleaned` instead of `given`.
"""

from typing import Final

BLANK: Final = frozenset(("", "-", "--", "---", "–", "—", "."))
"""Nothing at all: that a number is missing here goes without saying."""

NOTHING: Final = frozenset(
    (
        *("N/A", "#N/A", "#NA", "N.A.", "<NA>", "NAN", "NULL", "(NULL)", "#NULL!", "NONE", "NIL", "UNDEFINED"),
        *("#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "NIHIL", "KOSONG", "(KOSONG)"),
        *("NOL", "TIDAK ADA", "TDK ADA", "TAK ADA", "BELUM ADA", "BLM ADA", "TIDAK DIISI", "BELUM DIISI"),
        *("TIDAK PUNYA", "BELUM PUNYA", "TIDAK MEMILIKI", "BELUM MEMILIKI"),
    )
)
"""Words for 'none' in any column, in upper case with single spaces."""

NO_PEOPLE: Final = frozenset(("NIHIL", "TIDAK ADA", "TDK ADA", "TAK ADA", "NOL"))
"""Words for 'none' that in a column of people mean the number 0."""

_STROKES: Final = "-\u2013\u2014._\u2026*/"
"""A text of these alone says nothing: `...`, `-/-`, `***`."""
_LONGEST = max(map(len, NOTHING))
_BEGINNINGS = frozenset(letter for word in NOTHING for letter in (word[0], word[0].lower()))
_SUSPECT = _BEGINNINGS | {*_STROKES, "=", "'"}
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u061c\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\ufeff"))
_INVISIBLE |= dict.fromkeys(range(0x2066, 0x206A)) | dict.fromkeys(map(ord, "\u00a0\u2007\u202f"), " ")


def cleaned(text: str) -> str:
    """The text without what is not seen (direction marks, zero-width and hard spaces), a formula's `="…"`, or the
    apostrophe by which a spreadsheet is told that a number is a text."""
    text = text.strip()
    if not text.isascii():
        text = text.translate(_INVISIBLE).strip()
    if text[:2] == '="' and text[-1] == '"' and len(text) > 2:
        text = text[2:-1].strip()
    return text[1:] if text[:1] == "'" and "'" not in text[1:] else text


def is_nothing(text: str) -> bool:
    """Whether a cleaned text says that there is none: `-`, `N/A`, `Belum ada`."""
    if text in BLANK or not text.strip(_STROKES):
        return True
    return text[0] in _BEGINNINGS and len(text) <= _LONGEST + 4 and as_word(text) in NOTHING


def given(text: str) -> str:
    """The cleaned text, "" where it only says that there is none."""
    text = text.strip()
    if not text or (text.isascii() and text[0] not in _SUSPECT):
        return text
    text = cleaned(text)
    return "" if is_nothing(text) else text


def as_word(text: str) -> str:
    """The text as it stands in these lists: in upper case, with single spaces."""
    return " ".join(text.upper().split())
