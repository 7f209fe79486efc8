"""Which partner id each group of rows keeps, and which ids come back or are merged. Pure."""

from collections import defaultdict
from collections.abc import Collection, Hashable, Sequence
from typing import Any, Protocol, TypeVar

from services.registration.identity.matching import Decision, cluster
from services.registration.identity.one_name import Evidence

P = TypeVar("P", bound=Hashable)


class Kept(Evidence, Protocol):
    """A row, or what is kept of one; `key` sets it apart from all others, None where it is not known."""

    @property
    def key(self) -> Any: ...


class Former(Kept, Protocol):
    """What identified a partner that has no row now."""

    @property
    def partner(self) -> Any: ...


def recall(rows: Sequence[Kept], groups: Sequence[Sequence[int]], former: Sequence[Former]) -> list[list[Any]]:
    """The partners without rows that each group is: those it would be one group with, if it had their former rows too.

    A row that was removed and is sent again is the row it was. A partner that would be one with several groups belongs
    to the group with which it shares the strongest identifier, then to the first.
    """
    number_of = {at: number for number, group in enumerate(groups) for at in group}
    rows_of: dict[Any, list[Former]] = defaultdict(list)
    reached: dict[Any, set[int]] = defaultdict(set)
    for together in cluster([*rows, *former], _same_rows(rows, former)):
        numbers = {number_of[at] for at in together if at in number_of}
        for each in (former[at - len(rows)] for at in together if at >= len(rows)):
            rows_of[each.partner].append(each)
            reached[each.partner] |= numbers
    recalled: list[list[Any]] = [[] for _ in groups]
    for partner, numbers in reached.items():
        if numbers:
            closest = min(numbers, key=lambda n: (_distance([rows[at] for at in groups[n]], rows_of[partner]), n))
            recalled[closest].append(partner)
    return recalled


def _same_rows(rows: Sequence[Kept], former: Sequence[Former]) -> list[Decision]:
    """Each former row that is there again, as one with the row that it is."""
    at = {row.key: position for position, row in enumerate(rows) if row.key is not None}
    again = ((at[each.key], len(rows) + number) for number, each in enumerate(former) if each.key in at)
    return [Decision(same=True, sides=[(here,), (there,)]) for here, there in again]


_STRONGEST_FIRST = (("key",), ("nib", "nik_koperasi"), ("nik",), ("phone", "email", "owner"), ("name",))


def _distance(one: Sequence[Kept], other: Sequence[Kept]) -> int:
    """0 with a row in common, 1 with a NIB or NIK Koperasi, 2 with a NIK, 3 with a contact, 4 with a name, else 5."""
    for distance, keys in enumerate(_STRONGEST_FIRST):
        if any({getattr(row, key) for row in one} & {getattr(row, key) for row in other} - {None} for key in keys):
            return distance
    return len(_STRONGEST_FIRST)


def assign(
    groups: Sequence[Sequence[tuple[int, P | None]]], recalled: Sequence[Collection[P]], first_recorded: dict[P, Any]
) -> tuple[list[P | None], dict[P, int]]:
    """Which id each group keeps, and into which group every other id is merged.

    `groups` hold (sequence number, id so far) of their rows; `recalled` the ids of partners without rows that each is;
    an id goes to the group with the oldest of its rows, the first recorded of a group's ids survives.
    Returns (the surviving id of each group, None where it needs a new one; merged id → its group).
    """
    claimed: dict[P, tuple[int, int]] = {}
    for number, rows in enumerate(groups):
        for sequence, partner in rows:
            if partner is not None and (partner not in claimed or sequence < claimed[partner][0]):
                claimed[partner] = (sequence, number)
    for number, partners in enumerate(recalled):
        for partner in partners:
            claimed.setdefault(partner, (0, number))
    survivors: list[P | None] = [None] * len(groups)
    merged: dict[P, int] = {}
    for partner, (_, number) in sorted(claimed.items(), key=lambda item: first_recorded[item[0]]):
        if survivors[number] is None:
            survivors[number] = partner
        else:
            merged[partner] = number
    return survivors, merged
