"""Who is one partner: rows are evidence, joined in three steps whose result does not depend on their order.

1. The same NIB or NIK Koperasi makes one group.
2. Groups holding one NIK join if at most one of them has a NIB (one owner may have two businesses), else none.
3. Groups left by 2 that hold one normalised name + regency join if together they have at most one NIB and one NIK.

Each step looks at the groups the step before left, decides for every key at once, and then unites.
"""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID


class Evidence(Protocol):
    """What identity looks at in a row; None where the row says nothing. `name` stands for name + regency."""

    @property
    def nib(self) -> Any: ...
    @property
    def nik_koperasi(self) -> Any: ...
    @property
    def nik(self) -> Any: ...
    @property
    def name(self) -> Any: ...


def cluster(rows: Sequence[Evidence], vetoed_names: Collection[Hashable] = ()) -> list[list[int]]:
    """The groups as sorted positions in `rows`. `vetoed_names` are known to join nothing and are not looked at."""
    groups = _Groups(len(rows))
    for key in ("nib", "nik_koperasi"):
        groups.unite(_holders(rows, key).values())
    nibs = groups.values_of(rows, "nib")
    niks = _holders(rows, "nik").values()
    groups.unite([held for held in niks if sum(bool(nibs.get(root)) for root in groups.roots(held)) <= 1])
    by_name = _holders(rows, "name")
    for name in vetoed_names:
        by_name.pop(name, None)
    nibs, owners = groups.values_of(rows, "nib"), groups.values_of(rows, "nik")
    groups.unite([held for held in by_name.values() if _one(groups, held, nibs) and _one(groups, held, owners)])
    return groups.listed()


def _holders(rows: Sequence[Evidence], key: str) -> dict[Hashable, list[int]]:
    holders: dict[Hashable, list[int]] = defaultdict(list)
    for position, row in enumerate(rows):
        value = getattr(row, key)
        if value is not None:
            holders[value].append(position)
    return holders


def _one(groups: "_Groups", held: list[int], values: dict[int, set[Hashable]]) -> bool:
    """Whether the groups of these rows have at most one value together."""
    together: set[Hashable] = set()
    for root in groups.roots(held):
        together |= values.get(root, set())
    return len(together) <= 1


class _Groups:
    """Disjoint sets of positions."""

    def __init__(self, size: int) -> None:
        self._parent = list(range(size))

    def root(self, at: int) -> int:
        while self._parent[at] != at:
            self._parent[at] = self._parent[self._parent[at]]
            at = self._parent[at]
        return at

    def roots(self, held: Iterable[int]) -> set[int]:
        return {self.root(at) for at in held}

    def unite(self, together: Iterable[list[int]]) -> None:
        for held in together:
            first = self.root(held[0])
            for other in held[1:]:
                self._parent[self.root(other)] = first

    def values_of(self, rows: Sequence[Evidence], key: str) -> dict[int, set[Hashable]]:
        values: dict[int, set[Hashable]] = defaultdict(set)
        for position, row in enumerate(rows):
            value = getattr(row, key)
            if value is not None:
                values[self.root(position)].add(value)
        return values

    def listed(self) -> list[list[int]]:
        members: dict[int, list[int]] = defaultdict(list)
        for position in range(len(self._parent)):
            members[self.root(position)].append(position)
        return list(members.values())


@dataclass(frozen=True, slots=True)
class Keys:
    """What somebody's partner is looked up by; an anchor (the row of a ref, the partner of an id) comes first."""

    nib: int | None = None
    nik_koperasi: str | None = None
    nik: UUID | None = None
    name: UUID | None = None
    anchor_row: UUID | None = None
    anchor_partner: UUID | None = None


P = TypeVar("P", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Known(Generic[P]):
    """What a look-up has to know of a partner: its identifiers."""

    partner: P
    nibs: frozenset[Any]
    niks: frozenset[Any]


def look_up(
    nib: Any, nik: Any, by_nib: Sequence[Known[P]], by_nik: Sequence[Known[P]], by_name: Sequence[Known[P]]
) -> P | None:
    """The partner that somebody with this NIB, NIK and name means; the look-up obeys the same vetoes, and never links.

    `by_…` are the partners holding the NIB, the NIK, the name + regency; each partner once.
    """
    if nib is not None and by_nib:
        return by_nib[0].partner
    if nik is not None and len(by_nik) == 1 and not (nib is not None and by_nik[0].nibs):
        return by_nik[0].partner
    if len(by_name) != 1:
        return None
    only = by_name[0]
    nibs = only.nibs | ({nib} if nib is not None else set())
    niks = only.niks | ({nik} if nik is not None else set())
    return only.partner if len(nibs) <= 1 and len(niks) <= 1 else None


class Once(Evidence, Protocol):
    """What a partner that has no row now was once identified by."""

    @property
    def partner(self) -> Any: ...


def recall(
    rows: Sequence[Evidence],
    groups: Sequence[Sequence[int]],
    former: Sequence[Once],
    vetoed_names: Collection[Hashable] = (),
) -> list[list[Any]]:
    """The partners without rows that each group is: those it would be one with, if their former rows still stood.

    One that would be one with several groups is the group it shares the strongest identifier with, then the first.
    """
    number_of = {at: number for number, group in enumerate(groups) for at in group}
    once: dict[Any, list[Once]] = defaultdict(list)
    met: dict[Any, set[int]] = defaultdict(set)
    for together in cluster([*rows, *former], vetoed_names):
        numbers = {number_of[at] for at in together if at in number_of}
        for each in (former[at - len(rows)] for at in together if at >= len(rows)):
            once[each.partner].append(each)
            met[each.partner] |= numbers
    recalled: list[list[Any]] = [[] for _ in groups]
    for partner, numbers in met.items():
        if numbers:
            closest = min(numbers, key=lambda n: (_distance([rows[at] for at in groups[n]], once[partner]), n))
            recalled[closest].append(partner)
    return recalled


def _distance(one: Sequence[Evidence], other: Sequence[Evidence]) -> int:
    """0 with a NIB or NIK Koperasi in common, 1 with a NIK, 2 with a name, 3 with nothing."""
    for distance, keys in enumerate((("nib", "nik_koperasi"), ("nik",), ("name",))):
        if any({getattr(row, key) for row in one} & {getattr(row, key) for row in other} - {None} for key in keys):
            return distance
    return 3


def assign(
    groups: Sequence[Sequence[tuple[int, P | None]]], extra: Sequence[Collection[P]], first_recorded: dict[P, Any]
) -> tuple[list[P | None], dict[P, int]]:
    """Which id each group keeps, and into which group every other id is merged.

    `groups` hold (sequence number, id so far) of their rows; `extra` the ids of partners without rows that each is; an
    id goes to the group with the oldest of its rows, the first recorded of a group's ids survives.
    Returns (the surviving id of each group, None where it needs a new one; merged id → its group).
    """
    claimed: dict[P, tuple[int, int]] = {}
    for number, rows in enumerate(groups):
        for sequence, partner in rows:
            if partner is not None and (partner not in claimed or sequence < claimed[partner][0]):
                claimed[partner] = (sequence, number)
    for number, partners in enumerate(extra):
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
