"""The ledger's arithmetic over a whole batch: from the timelines before and after to the rows between them. Pure.

A row means: recorded in this second, from this day on, so many partners and workers more (or fewer) count in this cell.
Numpy, because a batch holds tens of thousands of stays.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from services.coverage import copy_format
from services.coverage.cells import CELL_BITS, REGENCY
from services.coverage.stays import Changes, Stays
from services.coverage.timelines import FIRST_DAY, NEVER

MEASURES = ("partners", "workers", "management", "staff", "labour")
ROW = np.dtype([("recorded", "i8"), ("cell", "i8"), ("day", "i4")] + [(name, "i8") for name in MEASURES])

DAY_BITS = 17
SECONDS_BITS = 64 - CELL_BITS - DAY_BITS
MOST_TRANSITIONS = 1 << SECONDS_BITS
"""So many different seconds fit one sort key."""

MAX_INTEGER = 2**31 - 1

Rows = npt.NDArray[Any]

_COLUMNS = (("batch", ">i8"), ("recorded", ">i8"), ("cell", ">i8"), ("day", ">i4"), *((m, ">i4") for m in MEASURES))
COLUMNS = copy_format.names(_COLUMNS)


def differences(changes: Changes) -> Rows:
    """The rows of at most MOST_TRANSITIONS changes, sorted by second, cell and day.

    Rows of one second, cell and day are summed; a sum that is zero in all measures has no row.
    """
    seconds, rank = np.unique(changes.recorded, return_inverse=True)
    before, after = changes.differing()
    entries = [*_entries(before, rank, -1), *_entries(after, rank, 1)]
    keys, measures = zip(*entries, strict=True)
    return _summed(seconds, np.concatenate(keys), np.concatenate(measures))


def _entries(found: Stays, rank: Rows, sign: int) -> list[tuple[Rows, Rows]]:
    """(sort key, measures) of what these stays add on their first day and remove on the day they end."""
    stays = found.stays
    owner = rank[found.owner].astype("u8") << (64 - SECONDS_BITS)
    key = owner | (stays["cell"].astype("u8") << DAY_BITS)
    measures = np.empty((len(stays), len(MEASURES)), "i8")
    measures[:, 0] = sign
    for column, name in enumerate(MEASURES[1:], 1):
        np.multiply(stays[name], sign, out=measures[:, column])
    ending = stays["until"] < NEVER
    return [
        (key | _day_bits(stays["start"]), measures),
        (key[ending] | _day_bits(stays["until"][ending]), -measures[ending]),
    ]


def _day_bits(days: Rows) -> Rows:
    return (days.astype("i8") - FIRST_DAY).astype("u8")


def _summed(seconds: Rows, keys: Rows, measures: Rows) -> Rows:
    if not len(keys):
        return np.empty(0, ROW)
    order = np.argsort(keys)
    keys = keys[order]
    first = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
    sums = np.add.reduceat(measures[order], first)
    kept = sums.any(axis=1)
    keys, sums = keys[first][kept], sums[kept]
    rows = np.empty(len(keys), ROW)
    rows["recorded"] = seconds[(keys >> np.uint64(64 - SECONDS_BITS)).astype("i8")]
    rows["cell"] = keys >> np.uint64(DAY_BITS) & np.uint64((1 << CELL_BITS) - 1)
    rows["day"] = (keys & np.uint64((1 << DAY_BITS) - 1)).astype("i8") + FIRST_DAY
    for column, name in enumerate(MEASURES):
        rows[name] = sums[:, column]
    return rows


def places(rows: Rows) -> list[int]:
    """The places (province << 7 | regency) that these rows change."""
    return [int(place) for place in np.unique(rows["cell"] >> REGENCY)]


def within_integers(rows: Rows) -> Rows:
    """The same rows; one with a sum that exceeds the ledger's integers becomes several that add up to it."""
    pieces = [rows]
    while len(rest := pieces[-1]) and max(int(np.abs(rest[name]).max()) for name in MEASURES) > MAX_INTEGER:
        kept, over = rest.copy(), rest.copy()
        for name in MEASURES:
            kept[name] = np.clip(rest[name], -MAX_INTEGER, MAX_INTEGER)
            over[name] -= kept[name]
        exceeding = np.any([over[name] != 0 for name in MEASURES], axis=0)
        pieces[-1:] = [kept, over[exceeding]]
    return np.concatenate(pieces) if len(pieces) > 1 else rows


def binary_copy(batch: int, rows: Rows) -> bytes:
    """The rows in the format of PostgreSQL's binary COPY. Raises OverflowError when a sum exceeds an integer."""
    if len(rows) and max(int(np.abs(rows[name]).max()) for name in MEASURES) > MAX_INTEGER:
        raise OverflowError("a sum of the batch exceeds the ledger's integers")
    return copy_format.binary_copy(_COLUMNS, rows, batch=batch)
