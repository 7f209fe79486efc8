"""Who leaves a cell, and for which one: what joins and losses are counted from, over a whole batch. Pure.

The ledger's sums alone do not tell a partner that leaves a cell from one that never was there, when another comes on
the same day. So each end of a stay is kept beside them, with the cell the partner is in from that day on.
"""

import numpy as np

from services.coverage import copy_format
from services.coverage.ledger import STAY, Rows
from services.coverage.timelines import NEVER, STAY_BYTES
from services.coverage.transitions import Transitions

ROW = np.dtype([("recorded", "i8"), ("day", "i4"), ("cell", "i8"), ("next_cell", "i8"), ("partners", "i8")])
_KEY = ("recorded", "day", "cell", "next_cell")
_COLUMNS = (("recorded", ">i8"), ("day", ">i4"), ("cell", ">i8"), ("next_cell", ">i8"), ("partners", ">i4"))
COLUMNS = copy_format.names(_COLUMNS)


def differences(transitions: Transitions) -> Rows:
    """The rows of these transitions, sorted by second, day and cells, summed where these are equal.

    From `day` on `partners` more (or fewer) are no longer in `cell` but in `next_cell`; 0: enrolled nowhere.
    """
    recorded = np.array(transitions.recorded, "i8")
    found = [_ends(transitions.before, recorded, -1), _ends(transitions.after, recorded, 1)]
    return _summed(np.concatenate(found))


def _ends(timelines: list[bytes], recorded: Rows, sign: int) -> Rows:
    stays = np.frombuffer(b"".join(timelines), STAY)
    at = np.flatnonzero(stays["until"] < NEVER)
    counts = np.fromiter(map(len, timelines), "i8", len(timelines)) // STAY_BYTES
    owner = np.repeat(np.arange(len(timelines)), counts)
    following = np.minimum(at + 1, max(len(stays) - 1, 0))
    goes_on = (following > at) & (owner[following] == owner[at]) & (stays["start"][following] == stays["until"][at])
    rows = np.empty(len(at), ROW)
    rows["recorded"], rows["day"], rows["cell"] = recorded[owner[at]], stays["until"][at], stays["cell"][at]
    rows["next_cell"] = np.where(goes_on, stays["cell"][following], 0)
    rows["partners"] = sign
    moved: Rows = rows[rows["cell"] != rows["next_cell"]]
    return moved


def _summed(rows: Rows) -> Rows:
    if not len(rows):
        return rows
    rows = rows[np.lexsort([rows[name] for name in reversed(_KEY)])]
    is_first = np.ones(len(rows), bool)
    is_first[1:] = np.any([rows[name][1:] != rows[name][:-1] for name in _KEY], axis=0)
    first = np.flatnonzero(is_first)
    sums = np.add.reduceat(rows["partners"], first)
    rows = rows[first]
    rows["partners"] = sums
    kept: Rows = rows[sums != 0]
    return kept


def binary_copy(rows: Rows) -> bytes:
    return copy_format.binary_copy(_COLUMNS, rows)
