"""Names as they may stand in a message: whatever somebody typed into a list becomes harmless text in one line.

The only way of a name into a message, in whatever channel: subject, salutation and body.
"""

import re
import unicodedata

LONGEST_NAME = 200
_CONSIDERED = 4_000
"""Characters of a name that are looked at; the rest of an endless one costs nothing."""

_IDENTIFIER = re.compile(r"\d{8,}|\d(?:[ .'/-]{0,3}\d){10,}")
_DROPPED = frozenset({"Cf", "Cs"})
"""Bidirectional overrides, zero widths, halves of surrogate pairs: invisible, so nothing takes their place."""

_HARMLESS = (
    (re.compile(r"[<>]"), " "),
    (re.compile(r"(?<!=)=+(?=\?)"), ""),  # `=?` begins an encoded word, in which a header may hide
    (re.compile(r"[/\\]{2,}"), "/"),  # scheme://host and \\\\host\\share
    (re.compile(r"(?<!\d):(?=\S)|:(?=[^\s\d])"), ": "),  # mailto:, tel:, javascript:; 08:00 stays
    (re.compile(r"(?<!\d)([.。．｡․])(?=\S)|([.。．｡․])(?=[^\s\d])"), ". "),  # toko.example; 7.12 stays
    (re.compile(r"\s*[@＠﹫]\s*"), " @ "),
)
"""What mail programs would make a link or a mail program would decode, and what is written in its place."""


def clean_name(text: str | None) -> str:
    """The name in one line of at most LONGEST_NAME characters; "" when nothing of it can be written.

    Without control characters, line separators, bidirectional overrides, encoded words and angle brackets. Addresses
    and links are spaced out, so that no mail program makes them clickable. Identifiers typed into a name (NIK, NIB, a
    card's or employer's number) are left out, also in groups of digits.
    """
    name, former = "".join(map(_printable, (text or "")[:_CONSIDERED])), None
    while name != former:  # what one pattern changes may be of the shape of another; each round has fewer digits
        name, former = _once(name), name
    return name[:LONGEST_NAME].strip()


def _once(name: str) -> str:
    for pattern, replacement in _HARMLESS:
        name = pattern.sub(replacement, name)
    return _one_line(_IDENTIFIER.sub(" ", _one_line(name)))


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _printable(char: str) -> str:
    if char.isprintable():
        return char
    return "" if unicodedata.category(char) in _DROPPED else " "
