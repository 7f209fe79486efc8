"""Which partner id each group of rows keeps, and which ids come back or are merged. Pure."""

from collections import defaultdict
from collections.abc import Collection, Hashable, Sequence
from typing import Any, Protocol, TypeVar

from services.registration.identity.matching import Evidence, cluster

P = TypeVar("P", bound=Hashable)


class Former(Evidence, Protocol):
    """What identified a partner that has no row now."""

    @property
    def partner(self) -> Any: ...


def recall(
    rows: Sequence[Evidence],
    groups: Sequence[Sequence[int]],
    former: Sequence[Former],
    vetoed_names: Collection[Hashable] = (),
) -> list[list[Any]]:
    """The partners without rows that each group is: those it would be one group with, if it had their former rows too.

    A partner that would be one with several groups belongs to the group with which it shares the strongest
    identifier, then to the first.
    """
    number_of = {at: number for number, group in enumerate(groups) for at in group}
    rows_of: dict[Any, list[Former]] = defaultdict(list)
    reached: dict[Any, set[int]] = defaultdict(set)
    for together in cluster([*rows, *former], vetoed_names):
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


def _distance(one: Sequence[Evidence], other: Sequence[Evidence]) -> int:
    """0 with a NIB or NIK Koperasi in common, 1 with a NIK, 2 with a name, 3 with nothing."""
    for distance, keys in enumerate((("nib", "nik_koperasi"), ("nik",), ("name",))):
        if any({getattr(row, key) for row in one} & {getattr(row, key) for row in other} - {None} for key in keys):
            return distance
    return 3


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
