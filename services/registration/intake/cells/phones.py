"""Phone numbers as people write them: with extensions, two in a cell, or held as a number by a spreadsheet."""

import re
from typing import Final

from services.registration.intake.cells.placeholders import given

LONGEST: Final = 200
"""Characters; what is longer is no phone number."""

_PLAIN = re.compile(r"0(8[0-9]{8,11})")
_E_NOTATION = re.compile(r"\d[.,]?\d*E\+?\d+", re.IGNORECASE)
_FRACTION = re.compile(r"(?<=\d{9})[.,]0{1,2}$")
_TRUNK = re.compile(r"\(\s*0\s*\)")
_BETWEEN_NUMBERS = re.compile(r"[^\d\s().+\-\u2010-\u2015]+|\s[-\u2010-\u2015]\s|(?<=\d)\s*(?=\+)")
_ONE_NUMBER = re.compile(r"\+?[\d-]+")
_UNREADABLE_DIGIT = re.compile(r"\d[*?]|[*?]\d|\d[XOLI]+(?![A-Z])|(?<![A-Z])[XOLI]+\d", re.IGNORECASE)
"""A digit is hidden, or a letter stands for it: 0812345678xx, 08123456789O. What is left may be a stranger's number."""
_NO_DIGIT = re.compile(r"\D")
_MOBILE = re.compile(r"628\d{8,11}")


def phone(text: str) -> tuple[str | None, bool]:
    """(the first whole mobile number in E.164 or None, whether something was given that is no usable number).

    Where the digits can be read as two different numbers, none is taken: it might be a stranger's.
    """
    if plain := _PLAIN.fullmatch(text):
        return f"+62{plain[1]}", False
    text = given(text)
    if text and (found := _mobile(text)) and _ONE_NUMBER.fullmatch(text):
        return found, False
    if not text or not text.strip("0"):
        return None, False
    if len(text) > LONGEST or _E_NOTATION.fullmatch(text) or _UNREADABLE_DIGIT.search(text):
        return None, True
    text = _TRUNK.sub("", _FRACTION.sub("", text))
    for part in _BETWEEN_NUMBERS.split(text):
        found, certain = _number(part)
        if found or not certain:
            return found, found is None
    return None, True


def _number(part: str) -> tuple[str | None, bool]:
    """(the number written in this part or None, False where it is written together with something else)."""
    joined = _mobile(part)
    words = part.split()
    alone = next((number for word in words if (number := _mobile(word))), None) if len(words) > 1 else None
    if joined and alone and joined != alone:
        return None, False
    return joined or alone, True


def _mobile(text: str) -> str | None:
    digits = _NO_DIGIT.sub("", text)
    digits = "62" + digits.removeprefix("00").removeprefix("62").removeprefix("0")
    return "+" + digits if _MOBILE.fullmatch(digits) else None
