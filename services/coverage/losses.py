"""Who leaves a cell, and for which one: what joins and losses are counted from, over a whole batch. Pure.

The ledger's sums alone do not tell a partner that leaves a cell from one that never was there, when another comes on
the same day. So each end of a stay is kept beside them, with the cell the partner is in from that day on.
"""

import numpy as np

from services.coverage import copy_format
from services.coverage.cells import CELL_BITS
from services.coverage.ledger import Rows
from services.coverage.stays import Changes, Stays
from services.coverage.timelines import FIRST_DAY, NEVER

ROW = np.dtype([("recorded", "i8"), ("day", "i4"), ("cell", "i8"), ("next_cell", "i8"), ("partners", "i8")])
SECOND_BITS = 40
_COLUMNS = (("recorded", ">i8"), ("day", ">i4"), ("cell", ">i8"), ("next_cell", ">i8"), ("partners", ">i4"))
COLUMNS = copy_format.names(_COLUMNS)


def differences(changes: Changes) -> Rows:
    """The rows of these changes, sorted by day, second and cells, summed where these are equal.

    From `day` on `partners` more (or fewer) are no longer in `cell` but in `next_cell`; 0: enrolled nowhere.
    """
    found = [_ends(changes.before, changes.recorded, -1), _ends(changes.after, changes.recorded, 1)]
    return _summed(np.concatenate(found))


def _ends(found: Stays, recorded: Rows, sign: int) -> Rows:
    stays, owner, _ = found
    at = np.flatnonzero(stays["until"] < NEVER)
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
    when = rows["day"].astype("i8") - FIRST_DAY << SECOND_BITS | rows["recorded"]
    which = rows["cell"] << CELL_BITS | rows["next_cell"]
    order = np.lexsort((which, when))
    when, which = when[order], which[order]
    first = np.flatnonzero(np.append(True, (when[1:] != when[:-1]) | (which[1:] != which[:-1])))
    sums = np.add.reduceat(rows["partners"][order], first)
    kept: Rows = rows[order[first][sums != 0]]
    kept["partners"] = sums[sums != 0]
    return kept


def binary_copy(rows: Rows) -> bytes:
    return copy_format.binary_copy(_COLUMNS, rows)
