"""The ledger's arithmetic over a whole batch: from timelines before and after to the rows that move the figures.

A row says: recorded in this second, from this day on, so many partners and workers more (or fewer) stand in this cell.
Numpy, because a batch holds tens of thousands of stays; `cells` has the meaning of each number.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from services.coverage import cells

STAY = np.dtype(
    [("cell", "<i8"), ("start", "<i4"), ("until", "<i4")]
    + [(name, "<i4") for name in ("workers", "management", "staff", "labour")]
)
MEASURES = ("partners", "workers", "management", "staff", "labour")
ROW = np.dtype([("recorded", "i8"), ("cell", "i8"), ("day", "i4")] + [(name, "i8") for name in MEASURES])

DAY_BITS = 17
SECONDS_BITS = 64 - cells.CELL_BITS - DAY_BITS
MOST_MOVES = 1 << SECONDS_BITS
"""So many different seconds fit one sort key: the largest batch that is worked off in one piece."""

Rows = npt.NDArray[Any]

_SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_COLUMNS = (("batch", ">i8"), ("recorded", ">i8"), ("cell", ">i8"), ("day", ">i4"), *((m, ">i4") for m in MEASURES))
_WIRE = np.dtype(
    [("fields", ">i2")] + [pair for name, kind in _COLUMNS for pair in ((name + "#", ">i4"), (name, kind))]
)
COLUMNS = tuple(name for name, _ in _COLUMNS)


class Moves(NamedTuple):
    """Side by side for each version: the timeline before it, the timeline after it, the second it was recorded in."""

    before: list[bytes]
    after: list[bytes]
    recorded: list[int]


def differences(moves: Moves) -> Rows:
    """The rows of these moves: what lies equal is summed, what cancels out is gone; sorted by second, cell, day."""
    starts = range(0, len(moves.recorded), MOST_MOVES)
    pieces = [_rows(_piece(moves, slice(at, at + MOST_MOVES))) for at in starts]
    return np.concatenate(pieces) if pieces else np.empty(0, ROW)


def _piece(moves: Moves, part: slice) -> Moves:
    return Moves(moves.before[part], moves.after[part], moves.recorded[part])


def _rows(moves: Moves) -> Rows:
    seconds, rank = np.unique(np.array(moves.recorded, "i8"), return_inverse=True)
    keys, measures = zip(*_entries(moves.before, rank, -1), *_entries(moves.after, rank, 1), strict=True)
    return _summed(seconds, np.concatenate(keys), np.concatenate(measures))


def _entries(timelines: list[bytes], rank: Rows, sign: int) -> list[tuple[Rows, Rows]]:
    """(sort key, measures) of what these stays bring on their first day and take away on the day they end."""
    stays = np.frombuffer(b"".join(timelines), STAY)
    counts = np.array([len(timeline) for timeline in timelines], "i8") // cells.STAY_BYTES
    owner = np.repeat(rank, counts).astype("u8") << (64 - SECONDS_BITS)
    key = owner | (stays["cell"].astype("u8") << DAY_BITS)
    measures = np.empty((len(stays), len(MEASURES)), "i8")
    measures[:, 0] = sign
    for column, name in enumerate(MEASURES[1:], 1):
        np.multiply(stays[name], sign, out=measures[:, column])
    ending = stays["until"] < cells.NEVER
    return [
        (key | _day_bits(stays["start"]), measures),
        (key[ending] | _day_bits(stays["until"][ending]), -measures[ending]),
    ]


def _day_bits(days: Rows) -> Rows:
    return (days.astype("i8") - cells.FIRST_DAY).astype("u8")


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
    rows["cell"] = keys >> np.uint64(DAY_BITS) & np.uint64((1 << cells.CELL_BITS) - 1)
    rows["day"] = (keys & np.uint64((1 << DAY_BITS) - 1)).astype("i8") + cells.FIRST_DAY
    for column, name in enumerate(MEASURES):
        rows[name] = sums[:, column]
    return rows


def places(rows: Rows) -> list[int]:
    """The places (province << 7 | regency) that these rows change."""
    return [int(place) for place in np.unique(rows["cell"] >> cells.REGENCY)]


def binary_copy(batch: int, rows: Rows) -> bytes:
    """The rows as PostgreSQL's binary COPY wants them. Raises OverflowError when a sum outgrows an integer."""
    if len(rows) and max(int(np.abs(rows[name]).max()) for name in MEASURES) > 2**31 - 1:
        raise OverflowError("a sum of the batch outgrows the ledger's integers")
    wire = np.empty(len(rows), _WIRE)
    wire["fields"] = len(_COLUMNS)
    wire["batch"] = batch
    for name, kind in _COLUMNS:
        wire[name + "#"] = np.dtype(kind).itemsize
        if name != "batch":
            wire[name] = rows[name]
    return _SIGNATURE + wire.tobytes() + b"\xff\xff"
