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

    def numbers(self) -> Array:
        """Each stay's bytes as four numbers, which are compared sooner than its fields."""
        return self.stays.view("i8").reshape(-1, 4)

    def without(self, which: Array) -> "Stays":
        """Without the stays of these numbers."""
        kept = np.ones(len(self.stays), bool)
        kept[which] = False
        owner = self.owner[kept]
        return Stays(self.stays[kept], owner, np.bincount(owner, minlength=len(self.counts)))


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

    def differing(self) -> tuple[Stays, Stays]:
        """The stays before and after, without those of a transition that are the same and at the same place in both:
        most of a timeline stays as it was."""
        if not len(self.before.stays) or not len(self.after.stays):
            return self.before, self.after
        both, other = _pairs(self.after, self.before)
        same = (self.after.numbers()[both] == self.before.numbers()[other]).all(axis=1)
        return self.before.without(other[same]), self.after.without(both[same])


def _pairs(side: Stays, other: Stays) -> tuple[Array, Array]:
    """The stays of the one, and beside each the stay at its place in the same timeline of the other, where that one has
    one: their numbers."""
    place = np.arange(len(side.owner)) - (np.cumsum(side.counts) - side.counts)[side.owner]
    found = np.flatnonzero(place < other.counts[side.owner])
    return found, (np.cumsum(other.counts) - other.counts)[side.owner[found]] + place[found]
