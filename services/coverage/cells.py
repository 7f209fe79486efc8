"""Cells and stays: where in the figures a partner counts, and from which day to which.

A *cell* is one place in the figures: side (listed or enrolled) × region × kind × scale × occupation × segment × set of
programmes, packed into one integer. A *stay* says that a partner counts in a cell on every day of [start, until). A
*timeline* is a partner's stays, as bytes: a partner stands in one cell a day, so it is counted once, and programmes
are told apart only when somebody asks.
"""

import struct
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from services.coverage.facts import Enrolled, Listed
from shared.events.model import PROGRAMMES

# The cell's bits, lowest first: programmes 5, segment 2, occupation 3, scale 3, kind 2, unknown 1, side 1,
# regency 7, province 7. The region is highest, so that the cells of a region are one range.
SEGMENT, OCCUPATION, SCALE, KIND, UNKNOWN, SIDE, REGENCY, PROVINCE = 5, 7, 10, 13, 15, 16, 17, 24
CELL_BITS = 31

ENROLLED = 1 << SIDE
SIZE_UNKNOWN = 1 << UNKNOWN

SEGMENTS = ("PU", "BPU")
KINDS = ("cooperative", "business", "individual")
SCALES = ("unknown", "micro", "small", "medium", "large")
OCCUPATIONS = ("none", "farmer", "fisher", "home_industry", "driver", "trader", "other")

MASKS = {
    "region": 0b11111111111111 << REGENCY,
    "province": 0b1111111 << PROVINCE,
    "side": ENROLLED,
    "unknown": SIZE_UNKNOWN,
    "kind": 0b11 << KIND,
    "scale": 0b111 << SCALE,
    "occupation": 0b111 << OCCUPATION,
    "segment": 0b11 << SEGMENT,
    "programme": 0b11111,
}
"""Which bits of a cell hold what; `cell & mask` merges the cells that differ elsewhere."""

_SEGMENT = {name: number << SEGMENT for number, name in enumerate(SEGMENTS, 1)}
_KIND = {name: number << KIND for number, name in enumerate(KINDS, 1)}
_SCALE = {None if name == "unknown" else name: number << SCALE for number, name in enumerate(SCALES)}
_OCCUPATION = {None if name == "none" else name: number << OCCUPATION for number, name in enumerate(OCCUPATIONS)}
_OTHER = _OCCUPATION["other"]
_PROGRAMME = {name: 1 << number for number, name in enumerate(PROGRAMMES)}

EPOCH = date(2000, 1, 1).toordinal()
"""Day 0, as in PostgreSQL's binary dates."""
FIRST_DAY = date(1900, 1, 1).toordinal() - EPOCH
LAST_DAY = FIRST_DAY + (1 << 17) - 1
NEVER = 2**31 - 1
"""PostgreSQL's date 'infinity': the end of an open stay."""

_STAY = struct.Struct("<qiiiiii")
_pack = _STAY.pack
STAY_BYTES = _STAY.size


class Stay(NamedTuple):
    """A partner counts in `cell` on every day of [start, until), with so many workers, in all and by job level."""

    cell: int
    start: int
    until: int
    workers: int
    management: int
    staff: int
    labour: int


class Invalid(ValueError):
    """The fact holds a value that no cell stands for; the text names the field, never the value."""


class _Days(dict[str, int]):
    """ISO date → day number, remembered. Days before 1900 count from there, days after 2258 never come."""

    def __missing__(self, text: str) -> int:
        try:
            number = date.fromisoformat(text).toordinal() - EPOCH
        except ValueError as problem:
            raise Invalid("date") from problem
        number = max(number, FIRST_DAY) if number <= LAST_DAY else NEVER
        self[text] = number
        return number


class _Places(dict[str, int]):
    """Regency code → its bits, remembered. A code of the right shape that our vintage does not know still counts in
    its province and in the nation."""

    def __missing__(self, code: str) -> int:
        if not (len(code) == 5 and code[2] == "." and code.isascii() and (code[:2] + code[3:]).isdigit()):
            raise Invalid("region")
        bits = (int(code[:2]) << PROVINCE) | (int(code[3:]) << REGENCY)
        self[code] = bits
        return bits


class _Stands(dict[tuple[str, str, tuple[str, ...]], int]):
    """(region, segment, programmes) → their bits, remembered."""

    def __missing__(self, key: tuple[str, str, tuple[str, ...]]) -> int:
        region, segment, names = key
        if segment not in _SEGMENT:
            raise Invalid("segment")
        if not names or any(name not in _PROGRAMME for name in names):
            raise Invalid("programmes")
        bits = PLACES[region] | _SEGMENT[segment] | sum(_PROGRAMME[name] for name in set(names))
        self[key] = bits
        return bits


class _Who(dict[tuple[str, str | None, str | None], int]):
    """(kind, scale, occupation) → their bits, remembered."""

    def __missing__(self, key: tuple[str, str | None, str | None]) -> int:
        kind, scale, occupation = key
        if kind not in _KIND or scale not in _SCALE:
            raise Invalid("kind or scale")
        bits = _KIND[kind] | _SCALE[scale] | _OCCUPATION.get(occupation, _OTHER)
        if occupation in _OCCUPATION:
            self[key] = bits
        return bits


DAYS = _Days()
PLACES = _Places()
STANDS = _Stands()
WHO = _Who()


def enrolled(fact: Enrolled) -> bytes:
    """The timeline of an enrolment fact. Nothing counts before the listing, and nothing at all without one."""
    who = ENROLLED | WHO[fact.kind, fact.scale, fact.occupation]
    listed_on = NEVER if fact.listed_on is None else DAYS[fact.listed_on]
    timeline = b""
    for period in fact.periods:
        start = DAYS[period.start]
        if start < listed_on:
            start = listed_on
        until = NEVER if period.until is None else DAYS[period.until]
        cell = who | STANDS[period.region, period.segment, period.programmes]
        if start < until:
            workers = period.workers
            management, staff, labour = workers.management, workers.staff, workers.labour
            timeline += _pack(cell, start, until, management + staff + labour, management, staff, labour)
    return timeline


def listed(fact: Listed) -> bytes:
    """The timeline of a partner fact: listed from `listed_on` on, unless it was merged, erased or delisted."""
    cell = WHO[fact.kind, fact.scale, fact.occupation] | PLACES[fact.region] if fact.status == "active" else 0
    if not cell or fact.listed_on is None:
        return b""
    workers = fact.workers
    levels = (workers.management or 0, workers.staff or 0, workers.labour or 0)
    total = sum(levels) if workers.total is None else workers.total
    known = workers.total is not None or (workers.management, workers.staff, workers.labour) != (None, None, None)
    start = DAYS[fact.listed_on]
    if start == NEVER:
        return b""
    return _pack(cell if known else cell | SIZE_UNKNOWN, start, NEVER, total, *levels)


def stays(timeline: bytes) -> Iterator[Stay]:
    """The stays of a timeline, readable."""
    return (Stay(*fields) for fields in _STAY.iter_unpack(timeline))


# --- reading a cell -------------------------------------------------------------------------------------------------


def place(cell: int) -> tuple[int, int]:
    """The cell's province and regency as numbers: 33, 11 for 33.11 (regency 0 once masked away)."""
    return cell >> PROVINCE, cell >> REGENCY & 0x7F


def is_enrolled(cell: int) -> bool:
    return bool(cell & ENROLLED)


def size_unknown(cell: int) -> bool:
    return bool(cell & SIZE_UNKNOWN)


def kind(cell: int) -> str:
    return KINDS[(cell >> KIND & 0b11) - 1]


def scale(cell: int) -> str:
    return SCALES[cell >> SCALE & 0b111]


def occupation(cell: int) -> str:
    return OCCUPATIONS[cell >> OCCUPATION & 0b111]


def segment(cell: int) -> str:
    return SEGMENTS[(cell >> SEGMENT & 0b11) - 1]


def programmes(cell: int) -> tuple[str, ...]:
    return tuple(name for name, bit in _PROGRAMME.items() if cell & bit)


def day_number(day: date) -> int:
    """A day as the ledger writes it."""
    return day.toordinal() - EPOCH
