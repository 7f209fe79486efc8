"""Codes of regencies as files have them: the ministry's of today and before 2022, BPS's, and damaged ones."""

import re
from collections.abc import Iterable, Mapping
from typing import Final, Literal, NamedTuple

System = Literal["kemendagri", "bps", "former"]

_REGENCY = re.compile(r"(\d\d)[.,]?(\d\d)(?:[.,]0)?")
_BELOW = re.compile(r"(\d\d)\.?(\d\d)\.?(?:\d{2,3}(?:\.?\d{3,4})?)(?:[.,]0)?")
_WITH_NAME = re.compile(r"[\[(]?(\d\d\.?\d\d)[\])]?[\s:.\-\u2013/]+([^\W\d].*)")
_WITH_NAME_FIRST = re.compile(r"([^\W\d][^\d]*?)[\s:.\-\u2013/]+[\[(]?(\d\d\.?\d\d)[\])]?")
_LOST_ZERO = re.compile(r"(\d\d)[.,](\d)")


class RegionCode(NamedTuple):
    """A regency's code read from a text. `below` is whether the text is a district's or village's code.

    `lost_zero` is whether a spreadsheet may have taken a zero off its end: 33.1 is 33.10 if a name says so.
    """

    code: str
    below: bool = False
    lost_zero: bool = False


def split(text: str) -> tuple[str, str] | None:
    """(code, name) of a text that has both: `33.11 - Kab. Sukoharjo`, `SUKOHARJO [3311]`; None for any other."""
    if found := _WITH_NAME.fullmatch(text.strip()):
        return found[1], found[2]
    found = _WITH_NAME_FIRST.fullmatch(text.strip())
    return (found[2], found[1]) if found else None


def parse(text: str) -> RegionCode | None:
    """33.11, 3311, 3311.0, 33.11.06, 33.11.06.2004, 3311062004, 33.1; None for a text that is no code."""
    text = text.strip()
    if found := _REGENCY.fullmatch(text):
        return RegionCode(f"{found[1]}.{found[2]}")
    if found := _BELOW.fullmatch(text):
        return RegionCode(f"{found[1]}.{found[2]}", below=True)
    if found := _LOST_ZERO.fullmatch(text):
        return RegionCode(f"{found[1]}.{found[2]}0", lost_zero=True)
    return None


class OtherCodes:
    """What a code means in each system: today's codes by those of BPS and of the ministry before 2022.

    A regency without a row of its own has the same code in all three.
    """

    def __init__(self, today: Iterable[str], rows: Iterable[Mapping[str, str]]) -> None:
        same = {code: code for code in today}
        self._by_system: Final[dict[System, dict[str, str]]] = {"kemendagri": same, "bps": {}, "former": {}}
        others = {row["code"]: row for row in rows}
        for code in same:
            for system in ("bps", "former"):
                self._by_system[system][others.get(code, {}).get(system) or code] = code

    def is_or_was(self, code: str) -> bool:
        """Whether the ministry has given this code to a regency, today or before 2022."""
        return code in self._by_system["kemendagri"] or code in self._by_system["former"]

    def readings(self, code: str) -> dict[System, str]:
        """System → the regency's code of today that this code means there."""
        return {system: codes[code] for system, codes in self._by_system.items() if code in codes}
