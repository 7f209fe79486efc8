"""Why a figure moved: the causes, and which of them count for a region of a level. Pure."""

from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from services.coverage.sources import DELISTED, ERASED, MERGED, SPECIAL, UNKNOWN, UNLISTED, WITHDRAWN
from shared.regions import Regions

NONE: Final = 0
(
    LISTED_NEWLY,
    REMOVED,
    JOINED,
    REINSTATED,
    LAPSED,
    MERGED_AWAY,
    SPLIT_OFF,
    ERASED_EVERYWHERE,
    TAKEN_BACK,
    CORRECTED,
) = range(1, 11)
MOVED_IN, MOVED_OUT = 11, 14
"""The first of three codes each: moved within a province, within a regional office, between regional offices."""

NAMES: Final = {
    LISTED_NEWLY: "listed",
    REMOVED: "delisted",
    JOINED: "joined",
    REINSTATED: "reinstated",
    LAPSED: "lapsed",
    MERGED_AWAY: "merged",
    SPLIT_OFF: "split",
    ERASED_EVERYWHERE: "erased",
    TAKEN_BACK: "withdrawn",
    CORRECTED: "corrected",
    **dict.fromkeys(range(MOVED_IN, MOVED_IN + 3), "moved_in"),
    **dict.fromkeys(range(MOVED_OUT, MOVED_OUT + 3), "moved_out"),
}

BY_DAY: Final = {"listed": ("listed",), "enrolled": ("joined", "reinstated", "lapsed", "moved_in", "moved_out")}
BY_KNOWLEDGE: Final = {
    "listed": ("listed", "delisted", "merged", "split", "erased", "corrected", "moved_in", "moved_out"),
    "enrolled": (
        *("joined", "reinstated", "lapsed", "listed", "delisted", "withdrawn", "split", "corrected"),
        *("moved_in", "moved_out"),
    ),
}
"""Side → the causes that it can have, between two days and between two times of knowledge."""

_NEAREST = {"regency": 0, "province": 1, "kanwil": 2, "national": 3}
"""Level → the least distance of a move that leaves a region of it."""


def counts_for(cause: int, level: str) -> bool:
    """Whether the cause moves a figure of a region of this level: a move within it does not."""
    return cause < MOVED_IN or (cause - MOVED_IN) % 3 >= _NEAREST[level]


def distances(one: npt.NDArray[np.int64], other: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Between places (province << 7 | regency): 0 in one province, 1 in one regional office, 2 otherwise."""
    provinces = one >> 7 & 0x7F, other >> 7 & 0x7F
    offices = _office_of_province()
    is_same = provinces[0] == provinces[1]
    return np.where(is_same, 0, np.where(offices[provinces[0]] == offices[provinces[1]], 1, 2))


@cache
def _office_of_province() -> npt.NDArray[np.int64]:
    """Province's number → its regional office's; one that our edition does not have is an office of its own."""
    found = -1 - np.arange(128)
    offices: dict[str, int] = {}
    for region in Regions.load():
        if region.level == "province":
            found[int(region.code)] = offices.setdefault(region.kanwil or "", len(offices))
    return found


_GAINS = {MERGED: SPLIT_OFF, WITHDRAWN: SPLIT_OFF, UNLISTED: LISTED_NEWLY}
_LOSSES = {
    MERGED: MERGED_AWAY,
    ERASED: ERASED_EVERYWHERE,
    DELISTED: REMOVED,
    UNLISTED: REMOVED,
    WITHDRAWN: TAKEN_BACK,
}


def of_gains(before: npt.NDArray[np.int64], *, enrolled: bool) -> npt.NDArray[np.int64]:
    """Why partners count that did not count on any day, by what their source was before."""
    return _looked_up(before, _GAINS, JOINED if enrolled else LISTED_NEWLY)


def of_losses(after: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Why partners count on no day any more, by what their source is now."""
    return _looked_up(after, _LOSSES, CORRECTED)


def _looked_up(sources: npt.NDArray[np.int64], causes: dict[int, int], other: int) -> npt.NDArray[np.int64]:
    found = np.full(max(SPECIAL) + 1, other, "i8")
    found[list(causes)] = list(causes.values())
    is_special = (sources >= UNKNOWN) & (sources <= max(SPECIAL))
    return np.where(is_special, found[np.where(is_special, sources, UNKNOWN)], other)
