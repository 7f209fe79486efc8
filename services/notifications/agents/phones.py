"""Phone numbers as a phone dials them. Pure."""

import re
from typing import Final

_IGNORED: Final = re.compile(r"[\s().\-/]")
_LOCAL: Final = re.compile(r"(?:\+?62|0)?([1-9]\d{6,12})")
_ABROAD: Final = re.compile(r"\+[1-9]\d{7,14}")


def dialable(text: str | None) -> str | None:
    """The number with its country, Indonesia's if it names none; None for what is no number.

    >>> dialable("0812-3456 789"), dialable("62 812 3456 789"), dialable("8123456789"), dialable("+60 12 345 6789")
    ('+628123456789', '+628123456789', '+628123456789', '+60123456789')
    """
    digits = _IGNORED.sub("", (text or "")[:40])
    if not digits.isascii():
        return None
    if _ABROAD.fullmatch(digits) and not digits.startswith("+62"):
        return digits
    local = _LOCAL.fullmatch(digits)
    return f"+62{local[1]}" if local else None
