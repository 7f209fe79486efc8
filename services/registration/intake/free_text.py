"""Free text that is part of facts for ever: titles, parties, names of lists and briefings. No person belongs there.

What looks like a NIK or a phone number in it is a warning: the text is taken; the agency is to send it without.
"""

import re
from collections.abc import Iterable
from typing import Final

from shared.refusals import WarningCode

FIELDS: Final = ("title", "parties", "number", "name", "batch", "source", "measure", "status", "list")
"""The free texts of a statement."""

_BETWEEN_DIGITS: Final = re.compile(r"(?<=\d)[\s.\-'’](?=\d)")
_NIK: Final = re.compile(r"(?<!\d)\d{16}(?!\d)")
_PHONE: Final = re.compile(r"(?<!\d)(?:62|0)8\d{8,11}(?!\d)")


def warnings(texts: Iterable[object]) -> tuple[WarningCode, ...]:
    """The warnings about these texts; what is no text is passed over, a list is looked into."""
    return ("personal_number_in_text",) if any(map(_names_somebody, texts)) else ()


def _names_somebody(text: object) -> bool:
    if isinstance(text, list | tuple):
        return any(map(_names_somebody, text))
    return isinstance(text, str) and has_personal_number(text)


def has_personal_number(text: str) -> bool:
    """Whether it holds 16 digits in a row, as a NIK, or an Indonesian mobile number, also typed with separators."""
    if sum(map(str.isdigit, text)) < 10:
        return False
    together = _BETWEEN_DIGITS.sub("", text)
    return any(pattern.search(each) for each in (text, together) for pattern in (_NIK, _PHONE))
