"""Rows in the format of PostgreSQL's binary COPY. Pure."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

Columns = tuple[tuple[str, str], ...]
"""Each column's name and its big-endian type, `>i8`, `>i4`."""

_SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)


def binary_copy(columns: Columns, rows: npt.NDArray[Any], **constants: int) -> bytes:
    """The rows with these columns in this order; `constants` are columns that have one value in all of them."""
    wire = np.empty(len(rows), _wire(columns))
    wire["fields"] = len(columns)
    for name, kind in columns:
        wire[name + "#"] = np.dtype(kind).itemsize
        wire[name] = constants[name] if name in constants else rows[name]
    return _SIGNATURE + wire.tobytes() + b"\xff\xff"


def names(columns: Columns) -> Sequence[str]:
    return [name for name, _ in columns]


@cache
def _wire(columns: Columns) -> np.dtype[Any]:
    """Each value stands behind its length, each row behind the number of its fields."""
    return np.dtype(
        [("fields", ">i2")] + [pair for name, kind in columns for pair in ((name + "#", ">i4"), (name, kind))]
    )
