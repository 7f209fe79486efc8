"""Who is one partner: rows are evidence, joined in three steps whose result does not depend on their order.

1. The same NIB or NIK Koperasi makes one group.
2. Groups holding one NIK join if at most one of them has a NIB (one owner may have two businesses), else none.
3. Groups left by 2 that hold one normalised name + regency join if together they have at most one NIB and one NIK.

Each step looks at the groups the step before left, decides for every key at once, and then unites.
"""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Sequence
from typing import Any, Protocol


class Evidence(Protocol):
    """What identity looks at in a row; None where the row has no value. `name` stands for name + regency."""

    @property
    def nib(self) -> Any: ...
    @property
    def nik_koperasi(self) -> Any: ...
    @property
    def nik(self) -> Any: ...
    @property
    def name(self) -> Any: ...


def cluster(rows: Sequence[Evidence], vetoed_names: Collection[Hashable] = ()) -> list[list[int]]:
    """The groups as sorted positions in `rows`. `vetoed_names` are known to join nothing: they are skipped."""
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
