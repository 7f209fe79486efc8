"""What moves the figures, partner by partner: of which source it counts where, and why that changed. Pure.

A *movement* says: by what was recorded in this second, from this day on, this partner counts once more (or less) in
this place. Its `source` says where the figure comes from (`sources`), its `day_cause` why it moves on that day, its
`cause` why it moved with that knowledge (`causes`). A movement may belong to some of the three alone: the others are 0,
and the sum of the movements that have one is the figure, whichever of the three is asked for.
"""

import struct
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from services.coverage import causes
from services.coverage.causes import CORRECTED, JOINED, LAPSED, LISTED_NEWLY, MOVED_IN, MOVED_OUT, NONE, REINSTATED
from services.coverage.cells import REGENCY
from services.coverage.ledger import DAY_BITS, STAY
from services.coverage.timelines import FIRST_DAY, NEVER, STAY_BYTES
from services.coverage.transitions import Details, Stored, Transitions, Version, accept

Array = npt.NDArray[Any]

HEAD = np.dtype([("partner", "V36"), ("source", "<i8")])
"""Before a timeline: whose it is, and its source."""
ID_BYTES = 36
PLACE_BITS = 14

_NUMBERS = {"recorded": ">i8", "source": ">i8", "day": ">i4", "place": ">i4", "day_cause": ">i2", "cause": ">i2"}
ROW = np.dtype([*_NUMBERS.items(), ("partners", ">i2"), ("partner_id", "V16"), ("enrolled", "?")])
COLUMNS = ("batch", *(ROW.names or ()))


_pack_head = struct.Struct("<36sq").pack


def transitions_of(
    versions: Iterable[Version[Details]],
    stored: Mapping[str, Stored],
    before: Mapping[str, int],
    source_of: Callable[[Details], int],
) -> Transitions:
    """What these versions change in timeline or source; `before`: partner_id → the source until now."""
    known = {
        partner: (number, second, _pack_head(partner.encode(), before[partner]) + timeline)
        for partner, (number, second, timeline) in stored.items()
    }
    seen = (
        (partner, number, _pack_head(partner.encode(), source_of(details)) + timeline, second, details)
        for partner, number, timeline, second, details in versions
        if partner in known
    )
    return accept(seen, known).transitions


class _Entries(NamedTuple):
    """Side by side: which transition, day, place, source, both causes, how many."""

    owner: Array
    day: Array
    place: Array
    source: Array
    day_cause: Array
    cause: Array
    partners: Array


def of(transitions: Transitions, *, enrolled: bool) -> Array:
    """The movements (`ROW`) of these transitions, whose timelines begin with their `head`."""
    if not transitions.recorded:
        return np.empty(0, ROW)
    before, after = _Side(transitions.before), _Side(transitions.after)
    is_new, is_gone = before.counts == 0, after.counts == 0
    has_both = ~is_new & ~is_gone
    gains = causes.of_gains(before.sources, enrolled=enrolled)
    losses = causes.of_losses(after.sources)
    added = after.entries(np.where(is_new, gains, NONE), 1, enrolled)
    removed = before.entries(np.where(is_gone, losses, NONE), -1, enrolled)
    pieces = [_chosen(added, is_new[added.owner]), _chosen(removed, is_gone[removed.owner])]
    if has_both.any():
        both = [_chosen(each, has_both[each.owner]) for each in (added, removed)]
        pieces.append(_paired(_summed(_joined([*both, *_by_knowledge(before, after, has_both)]))))
    found = _joined(pieces)
    rows = np.empty(len(found.owner), ROW)
    for name in ("day", "place", "source", "day_cause", "cause", "partners"):
        rows[name] = getattr(found, name)
    rows["recorded"] = np.array(transitions.recorded, "i8")[found.owner]
    rows["partner_id"] = _identities(after.partners)[found.owner]
    rows["enrolled"] = enrolled
    return rows


class _Side:
    """The timelines before, or those after."""

    def __init__(self, timelines: list[bytes]) -> None:
        heads = np.frombuffer(b"".join([each[: HEAD.itemsize] for each in timelines]), HEAD)
        self.partners, self.sources = heads["partner"], heads["source"]
        stays = np.frombuffer(b"".join([each[HEAD.itemsize :] for each in timelines]), STAY)
        self.counts = np.array([len(each) - HEAD.itemsize for each in timelines], "i8") // STAY_BYTES
        self.owner = np.repeat(np.arange(len(timelines)), self.counts)
        self.start, self.until = stays["start"].astype("i8"), stays["until"].astype("i8")
        self.place = stays["cell"] >> REGENCY

    def ends(self) -> Array:
        """Of each timeline, the day from which it counts nowhere any more; `NEVER` for none."""
        found = np.full(len(self.counts), -(2**31), "i8")
        np.maximum.at(found, self.owner, self.until)
        return found

    def entries(self, cause: Array, sign: int, enrolled: bool) -> _Entries:
        """What these stays add (or remove, by `sign`) on their first day, and remove on the day they end."""
        follows = np.zeros(len(self.owner), bool)
        follows[1:] = self.owner[1:] == self.owner[:-1]
        adjoins = follows.copy()
        adjoins[1:] &= self.start[1:] == self.until[:-1]
        moves = adjoins.copy()
        moves[1:] &= self.place[1:] != self.place[:-1]
        far = np.zeros(len(self.owner), "i8")
        far[1:] = causes.distances(self.place[1:], self.place[:-1])
        starts = np.where(follows, REINSTATED, JOINED if enrolled else LISTED_NEWLY)
        starts = np.where(moves, MOVED_IN + far, starts)
        goes_on, leaves = np.append(adjoins[1:], False), np.append(moves[1:], False)
        ends = np.where(leaves, MOVED_OUT + np.append(far[1:], 0), LAPSED)
        begin, end = ~adjoins | moves, (self.until < NEVER) & (~goes_on | leaves)
        return _joined(
            [
                self._at(begin, self.start, starts, cause, sign),
                self._at(end, self.until, ends, cause, -sign),
            ]
        )

    def _at(self, chosen: Array, days: Array, day_causes: Array, cause: Array, partners: int) -> _Entries:
        owner = self.owner[chosen]
        count = np.full(len(owner), partners)
        return _Entries(
            owner, days[chosen], self.place[chosen], self.sources[owner], day_causes[chosen], cause[owner], count
        )


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


def _identities(texts: Array) -> Array:
    """UUIDs as texts in lower case → their sixteen bytes."""
    digits = np.delete(np.frombuffer(texts.tobytes(), "u1").reshape(-1, ID_BYTES), (8, 13, 18, 23), axis=1)
    values = np.where(digits > ord("9"), digits - ord("a") + 10, digits - ord("0"))
    return np.ascontiguousarray(values[:, ::2] << 4 | values[:, 1::2]).view("V16").reshape(-1)


_SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_FIELDS = [("batch", np.dtype(">i8")), *((name, ROW[name]) for name in ROW.names or ())]
_WIRE = np.dtype([("fields", ">i2")] + [pair for name, kind in _FIELDS for pair in ((f"{name}#", ">i4"), (name, kind))])


def binary_copy(batch: int, rows: Array) -> bytes:
    """The rows in the format of PostgreSQL's binary COPY."""
    wire = np.empty(len(rows), _WIRE)
    wire["fields"], wire["batch"] = len(_FIELDS), batch
    for name, kind in _FIELDS:
        wire[f"{name}#"] = kind.itemsize
        if name != "batch":
            wire[name] = rows[name]
    return _SIGNATURE + wire.tobytes() + b"\xff\xff"
