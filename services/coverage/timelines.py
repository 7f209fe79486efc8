"""Timelines: in which cell a fact counts its partner, and from which day to which. Pure.

A *stay* says that a partner counts in a cell on every day of [start, until). A *timeline* is all stays of a partner on
one side, as bytes: comparing two versions is comparing bytes, and a whole batch is read by numpy at once.
"""

import struct
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from services.coverage.cells import ENROLLED, PARTNER_BITS, PERIOD_BITS, REGION_BITS, SIZE_UNKNOWN, InvalidValue
from services.coverage.facts import EnrollmentFact, PartnerFact

EPOCH = date(2000, 1, 1).toordinal()
"""Day 0, as in PostgreSQL's binary dates."""
FIRST_DAY = date(1900, 1, 1).toordinal() - EPOCH
LAST_DAY = FIRST_DAY + (1 << 17) - 1
NEVER = 2**31 - 1
"""PostgreSQL's date 'infinity': the end of an open stay."""

_STAY = struct.Struct("<qiiiiii")
STAY_BYTES = _STAY.size
pack_stay = _STAY.pack
"""The bytes of a stay, given the fields of `Stay` one by one."""


class Stay(NamedTuple):
    """A partner counts in `cell` on every day of [start, until), with so many workers, in all and by job level."""

    cell: int
    start: int
    until: int
    workers: int
    management: int
    staff: int
    labour: int


class _DayNumbers(dict[str, int]):
    """ISO date → day number, cached. Days before 1900 count from there, days after 2258 never come."""

    def __missing__(self, text: str) -> int:
        try:
            number = date.fromisoformat(text).toordinal() - EPOCH
        except ValueError as problem:
            raise InvalidValue("date") from problem
        number = max(number, FIRST_DAY) if number <= LAST_DAY else NEVER
        self[text] = number
        return number


DAY_NUMBERS = _DayNumbers()


def enrolment_timeline(fact: EnrollmentFact, first: int = FIRST_DAY, last: int = NEVER) -> bytes:
    """Where the partner counts as enrolled: not before its listing, and nowhere at all without one.

    Raises InvalidValue, also where its periods do not start within [first, last], are not in order or not disjoint.
    Written for speed, since every enrolment passes here: its days are looked up once.
    """
    partner = ENROLLED | PARTNER_BITS[fact.kind, fact.scale, fact.occupation]
    listed_on = NEVER if fact.listed_on is None else DAY_NUMBERS[fact.listed_on]
    timeline, until = b"", first
    for period in fact.periods:
        start = DAY_NUMBERS[period.start]
        if not until <= start <= last:
            raise InvalidValue("periods: not disjoint and in order" if first <= start <= last else "periods.from")
        until = NEVER if period.until is None else DAY_NUMBERS[period.until]
        cell = partner | PERIOD_BITS[period.region, period.segment, period.programmes]
        if start < listed_on:
            start = listed_on
        if start < until:
            workers = period.workers
            management, staff, labour = workers.management, workers.staff, workers.labour
            timeline += pack_stay(cell, start, until, management + staff + labour, management, staff, labour)
    return timeline


def listing_timeline(fact: PartnerFact) -> bytes:
    """Where the partner counts as listed: from `listed_on` on, unless it was merged, erased or delisted.

    Raises InvalidValue.
    """
    if fact.status != "active":
        return b""
    cell = PARTNER_BITS[fact.kind, fact.scale, fact.occupation] | REGION_BITS[fact.region]
    if fact.listed_on is None:
        return b""
    workers = fact.workers
    levels = (workers.management or 0, workers.staff or 0, workers.labour or 0)
    total = sum(levels) if workers.total is None else workers.total
    known = workers.total is not None or (workers.management, workers.staff, workers.labour) != (None, None, None)
    start = DAY_NUMBERS[fact.listed_on]
    if start == NEVER:
        return b""
    return pack_stay(cell if known else cell | SIZE_UNKNOWN, start, NEVER, total, *levels)


def stays(timeline: bytes) -> Iterator[Stay]:
    """The stays of a timeline, readable."""
    return (Stay(*fields) for fields in _STAY.iter_unpack(timeline))
