"""What moves the figures, partner by partner: of which source it counts where, and why that changed. Pure.

A *movement* says: by what was recorded in this second, from this day on, this partner counts once more (or less) in
this place. Its `source` says where the figure comes from (`sources`), its `day_cause` why it moves on that day, its
`cause` why it moved with that knowledge (`causes`). A movement may belong to some of the three alone: the others are 0,
and the sum of the movements that have one is the figure, whichever of the three is asked for.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from services.coverage import causes, copy_format
from services.coverage.causes import CORRECTED, JOINED, LAPSED, LISTED_NEWLY, MOVED_IN, MOVED_OUT, NONE, REINSTATED
from services.coverage.cells import REGENCY
from services.coverage.ledger import DAY_BITS
from services.coverage.stays import Changes, Stays
from services.coverage.timelines import FIRST_DAY, NEVER

Array = npt.NDArray[Any]

PLACE_BITS = 14

_NUMBERS = (
    ("recorded", ">i8"),
    ("source", ">i8"),
    ("day", ">i4"),
    ("place", ">i4"),
    ("day_cause", ">i2"),
    ("cause", ">i2"),
)
_FIELDS = (*_NUMBERS, ("partners", ">i2"), ("partner_id", "V16"), ("enrolled", "?"))
ROW = np.dtype(list(_FIELDS))
_COLUMNS = (("batch", ">i8"), *_FIELDS)
COLUMNS = copy_format.names(_COLUMNS)


class _Entries(NamedTuple):
    """Side by side: which transition, day, place, source, both causes, how many."""

    owner: Array
    day: Array
    place: Array
    source: Array
    day_cause: Array
    cause: Array
    partners: Array


def of(changes: Changes, *, enrolled: bool) -> Array:
    """The movements (`ROW`) of these changes."""
    before, after = _Side.of(changes.before, changes.sources_before), _Side.of(changes.after, changes.sources_after)
    is_new, is_gone = before.counts == 0, after.counts == 0
    differs = ~is_new & ~is_gone & _differ(before, after)
    before, after = (side.only(is_new | is_gone | differs) for side in (before, after))
    added = after.entries(np.where(is_new, causes.of_gains(before.sources, enrolled=enrolled), NONE), 1, enrolled)
    if not len(before.owner):
        return _rows(changes, added, enrolled)
    removed = before.entries(np.where(is_gone, causes.of_losses(after.sources), NONE), -1, enrolled)
    pieces = [_chosen(added, is_new[added.owner]), _chosen(removed, is_gone[removed.owner])]
    if differs.any():
        both = [_chosen(each, differs[each.owner]) for each in (added, removed)]
        pieces.append(_paired(_summed(_joined([*both, *_by_knowledge(before, after, differs)]))))
    return _rows(changes, _joined(pieces), enrolled)


def _rows(changes: Changes, found: _Entries, enrolled: bool) -> Array:
    rows = np.empty(len(found.owner), ROW)
    for name in ("day", "place", "source", "day_cause", "cause", "partners"):
        rows[name] = getattr(found, name)
    rows["recorded"] = changes.recorded[found.owner]
    rows["partner_id"] = _identities(changes.partners)[found.owner]
    rows["enrolled"] = enrolled
    return rows


class _Side(NamedTuple):
    """The timelines before, or those after, as runs of stays in one place without a day between them."""

    owner: Array
    start: Array
    until: Array
    place: Array
    counts: Array
    sources: Array

    @classmethod
    def of(cls, found: Stays, sources: Array) -> "_Side":
        stays, owner, _ = found
        start, until, place = stays["start"].astype("i8"), stays["until"].astype("i8"), stays["cell"] >> REGENCY
        goes_on = (owner[1:] == owner[:-1]) & (start[1:] == until[:-1]) & (place[1:] == place[:-1])
        first, last = np.append(True, ~goes_on)[: len(owner)], np.append(~goes_on, True)[: len(owner)]
        owner = owner[first]
        counts = np.bincount(owner, minlength=len(found.counts))
        return cls(owner, start[first], until[last], place[first], counts, sources)

    def only(self, which: Array) -> "_Side":
        """The runs of these timelines; no other moves a figure."""
        kept = which[self.owner]
        owner, start, until, place = (each[kept] for each in (self.owner, self.start, self.until, self.place))
        return _Side(owner, start, until, place, self.counts, self.sources)

    def ends(self) -> Array:
        """Of each timeline, the day from which it counts nowhere any more; `NEVER` for none."""
        found = np.full(len(self.counts), -(2**31), "i8")
        np.maximum.at(found, self.owner, self.until)
        return found

    def entries(self, cause: Array, sign: int, enrolled: bool) -> _Entries:
        """What these runs add (or remove, by `sign`) on their first day, and remove on the day they end."""
        follows = np.zeros(len(self.owner), bool)
        follows[1:] = self.owner[1:] == self.owner[:-1]
        comes = follows.copy()
        comes[1:] &= self.start[1:] == self.until[:-1]
        far = np.zeros(len(self.owner), "i8")
        far[1:] = causes.distances(self.place[1:], self.place[:-1])
        starts = np.where(follows, REINSTATED, JOINED if enrolled else LISTED_NEWLY)
        starts = np.where(comes, MOVED_IN + far, starts)
        ends = np.where(
            np.append(comes[1:], False)[: len(comes)], MOVED_OUT + np.append(far[1:], 0)[: len(far)], LAPSED
        )
        every, ending = np.ones(len(self.owner), bool), self.until < NEVER
        return _joined(
            [self._at(every, self.start, starts, cause, sign), self._at(ending, self.until, ends, cause, -sign)]
        )

    def _at(self, chosen: Array, days: Array, day_causes: Array, cause: Array, partners: int) -> _Entries:
        owner = self.owner[chosen]
        count = np.full(len(owner), partners)
        return _Entries(
            owner, days[chosen], self.place[chosen], self.sources[owner], day_causes[chosen], cause[owner], count
        )


def _differ(before: _Side, after: _Side) -> Array:
    """Which timelines do not count in the same places on the same days from the same source."""
    differ: Array = (before.counts != after.counts) | (before.sources != after.sources)
    was, now = (~differ[side.owner] for side in (before, after))
    moved = np.zeros(int(was.sum()), bool)
    for one, other in ((before.start, after.start), (before.until, after.until), (before.place, after.place)):
        moved |= one[was] != other[now]
    differ[before.owner[was][moved]] = True
    return differ


def _by_knowledge(before: _Side, after: _Side, chosen: Array) -> list[_Entries]:
    """Why timelines that count before and after differ: on each run of days on which one counts otherwise."""
    owner, day, was, now = _states(before, after, chosen)
    is_gain, is_loss = (was == 0) & (now > 0), (was > 0) & (now == 0)
    moves = (was > 0) & (now > 0) & (was != now)
    far = causes.distances(was - 1, now - 1)
    gained = np.where(day >= before.ends()[owner], REINSTATED, CORRECTED)
    lost = np.where(day >= after.ends()[owner], LAPSED, CORRECTED)
    has_next = np.append(owner[1:] == owner[:-1], False)
    following = np.append(day[1:], 0)
    found = []
    for kind, place, cause, partners in (
        (is_gain, now - 1, gained, 1),
        (is_loss, was - 1, lost, -1),
        (moves, now - 1, MOVED_IN + far, 1),
        (moves, was - 1, MOVED_OUT + far, -1),
    ):
        for which, days, sign in ((kind, day, 1), (kind & has_next, following, -1)):
            none, count = np.zeros(int(which.sum()), "i8"), np.full(int(which.sum()), sign * partners)
            found.append(_Entries(owner[which], days[which], place[which], none, none, cause[which], count))
    return found


def _states(before: _Side, after: _Side, chosen: Array) -> tuple[Array, Array, Array, Array]:
    """Of each chosen transition, on each day on which a stay begins or ends: where it counts from then on before and
    after, as place + 1 (0: nowhere)."""
    owners, days, was, now = [], [], [], []
    for side, is_after in ((before, 0), (after, 1)):
        kept = chosen[side.owner]
        for at, sign in ((side.start, 1), (side.until, -1)):
            which = kept & (at < NEVER)
            step = sign * (side.place[which] + 1)
            owners.append(side.owner[which])
            days.append(at[which])
            was.append(step * (1 - is_after))
            now.append(step * is_after)
    owner, day = np.concatenate(owners), np.concatenate(days)
    order = np.argsort(owner << DAY_BITS | day - FIRST_DAY)
    owner, day = owner[order], day[order]
    begins = np.append(True, owner[1:] != owner[:-1])
    last = np.append((owner[1:] != owner[:-1]) | (day[1:] != day[:-1]), True)
    return owner[last], day[last], *(_running(np.concatenate(each)[order], begins)[last] for each in (was, now))


def _running(steps: Array, begins: Array) -> Array:
    """The sum of the steps up to each, from zero on where one `begins`."""
    sums = np.cumsum(steps)
    base = (sums - steps)[begins]
    found: Array = sums - base[np.cumsum(begins) - 1]
    return found


def _chosen(entries: _Entries, which: Array) -> _Entries:
    return _Entries(*(each[which] for each in entries))


def _joined(pieces: list[_Entries]) -> _Entries:
    return _Entries(*(np.concatenate(each) for each in zip(*pieces, strict=True)))


def _summed(entries: _Entries) -> _Entries:
    """Those of one transition, day, place, source and causes together; without what adds up to nothing."""
    if not len(entries.owner):
        return entries
    where, codes = _where(entries), entries.day_cause << 4 | entries.cause
    order = np.lexsort((codes, entries.source, where))
    where, source, codes = where[order], entries.source[order], codes[order]
    differs = (where[1:] != where[:-1]) | (source[1:] != source[:-1]) | (codes[1:] != codes[:-1])
    first = np.flatnonzero(np.append(True, differs))
    sums = np.add.reduceat(entries.partners[order], first)
    return _chosen(entries, order[first][sums != 0])._replace(partners=sums[sums != 0])


def _paired(entries: _Entries) -> _Entries:
    """With one movement for two of one transition, day and place that say the same, one by source, one by cause.
    They are sorted by these; all others stay apart."""
    where = _where(entries)
    starts = np.append(True, where[1:] != where[:-1])
    sizes = np.diff(np.append(np.flatnonzero(starts), len(where)))
    one = np.flatnonzero(starts)[sizes == 2]
    has_source = entries.source != 0
    fits = (has_source[one] != has_source[one + 1]) & (entries.partners[one] == entries.partners[one + 1])
    one = one[fits]
    kept = np.ones(len(where), bool)
    kept[one + 1] = False
    for column in (entries.source, entries.day_cause, entries.cause):
        column[one] += column[one + 1]
    return _chosen(entries, kept)


def _where(entries: _Entries) -> Array:
    """Transition, day and place in one number."""
    found: Array = (entries.owner << DAY_BITS | entries.day - FIRST_DAY) << PLACE_BITS | entries.place
    return found


def _identities(texts: list[str]) -> Array:
    """UUIDs as texts → their sixteen bytes."""
    return np.frombuffer(bytes.fromhex("".join(texts).replace("-", "")), "V16")


def binary_copy(batch: int, rows: Array) -> bytes:
    """The rows in the format of PostgreSQL's binary COPY."""
    return copy_format.binary_copy(_COLUMNS, rows, batch=batch)
