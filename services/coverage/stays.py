"""The stays of a whole batch as arrays, made once for all that is computed from them. Pure."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from services.coverage.timelines import STAY_BYTES
from services.coverage.transitions import Transitions

STAY = np.dtype(
    [("cell", "<i8"), ("start", "<i4"), ("until", "<i4")]
    + [(name, "<i4") for name in ("workers", "management", "staff", "labour")]
)
"""`timelines` has the meaning of each number."""

Array = npt.NDArray[Any]


class Stays(NamedTuple):
    """The stays (`STAY`) of some timelines side by side, the timeline of each, and how many each timeline has."""

    stays: Array
    owner: Array
    counts: Array

    @classmethod
    def of(cls, timelines: list[bytes]) -> "Stays":
        stays = np.frombuffer(b"".join(timelines), STAY)
        counts = np.fromiter(map(len, timelines), "i8", len(timelines)) // STAY_BYTES
        return cls(stays, np.repeat(np.arange(len(timelines)), counts), counts)


class Changes(NamedTuple):
    """Transitions as arrays: the stays before and after, the second of each, whose they are, their sources."""

    before: Stays
    after: Stays
    recorded: Array
    partners: list[str]
    sources_before: Array
    sources_after: Array

    @classmethod
    def of(cls, transitions: Transitions) -> "Changes":
        before, after, recorded, partners, *sources = transitions
        arrays = (np.array(each, "i8") for each in sources)
        return cls(Stays.of(before), Stays.of(after), np.array(recorded, "i8"), partners, *arrays)
