"""Sets that have no member in common and are united step by step. Pure."""

from collections.abc import Hashable, Iterable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


class DisjointSets(Generic[T]):
    """Each of these members in a set of its own, until sets are united."""

    def __init__(self, members: Iterable[T]) -> None:
        self._parent = {member: member for member in members}

    def root(self, member: T) -> T:
        """The member that stands for the whole set, until it is united with another."""
        parent = self._parent
        while parent[member] != member:
            parent[member] = parent[parent[member]]
            member = parent[member]
        return member

    def unite(self, members: Iterable[T]) -> None:
        """Put the sets of all these together."""
        rest: Iterator[T] = iter(members)
        first = next(rest, None)
        if first is not None:
            root = self.root(first)
            for other in rest:
                self._parent[self.root(other)] = root

    def sets(self) -> list[list[T]]:
        """All sets, their members in the order given."""
        found: dict[T, list[T]] = {}
        for member in self._parent:
            found.setdefault(self.root(member), []).append(member)
        return list(found.values())
