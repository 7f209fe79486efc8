"""Which regions' figures are suppressed so that no small count is disclosed. Pure.

A count from 1 to 4 is *small*. The regions are one tree (nation, regional offices, provinces, regencies); the figures
of a region are its vector of counts, and those of a parent the sum of its children's. A region with a small count is
suppressed. So that it cannot be derived from its parent and siblings, others are suppressed too, the smallest first,
until those suppressed below one parent are at least two, and what they add up to (which anybody can subtract) is no
small count either. Where that cannot be, the parent is suppressed.

Why that is enough: leave out the suppressed regions that have children; what remains of the tree's sums is one equation
for each group of suppressed regions below a published one: the suppressed regencies of the group add up to a known
vector. With two or more regencies that are not zero, and a sum that is not small, each of them can have several values.
A region's split by a dimension is suppressed as a whole, so that the same holds with its total published.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from shared.regions import NATION, Regions

K = 5
"""The least count that is published; 0 is."""

Vector = tuple[int, ...]


@dataclass(frozen=True)
class Tree:
    """Parent → its children, and the regions of which nobody is shown a row."""

    children: Mapping[str, Sequence[str]]
    root: str = NATION
    unnamed: frozenset[str] = frozenset()

    @classmethod
    def of(cls, regencies: Iterable[str]) -> "Tree":
        """The tree of all regions, and of regencies that our edition does not have: they count in what is above. `X.00`
        is what belongs to region X, of any level, and to no regency in it."""
        regions = Regions.load()
        return _tree(frozenset(code for code in regencies if regions.get(code) is None))


@lru_cache(maxsize=64)
def _tree(others: frozenset[str]) -> Tree:
    """The tree of all regions and of these others; nearly always the same one."""
    regions = Regions.load()
    parents: dict[str, str] = {}
    for region in regions:
        if region.level == "kanwil":
            parents[region.code] = NATION
        elif region.level == "province":
            parents[region.code] = region.kanwil or NATION
        elif region.level == "regency":
            parents[region.code] = region.parent or NATION
    for regency in sorted(others):
        outer = regency.removesuffix(".00") if regency.endswith(".00") else regency[:2]
        parents.setdefault(regency, outer)
        if outer != NATION:
            parents.setdefault(outer, NATION)
    children: dict[str, list[str]] = defaultdict(list)
    for child, parent in sorted(parents.items()):
        children[parent].append(child)
    return Tree(children, NATION, frozenset(code for code in parents if regions.get(code) is None))


def is_small(count: int) -> bool:
    return 0 < abs(count) < K


def has_small(vector: Vector) -> bool:
    return any(is_small(count) for count in vector)


def suppressed(
    tree: Tree, leaves: Mapping[str, Vector], also: Iterable[str] = (), *, positive: bool = False
) -> set[str]:
    """The regions to suppress, given the vector of each regency (others: zero) and those suppressed in `also` anyway.

    The first count of a vector is its size. Regions whose vector is zero are never suppressed: zero is published.
    `positive`: everybody knows that a suppressed region's size is not zero.
    """
    return _Search(tree, leaves, positive=positive).run(also)


class _Search:
    """The counts of all regions as rows of a matrix, since the whole nation is gone through for every day and split."""

    def __init__(self, tree: Tree, leaves: Mapping[str, Vector], *, positive: bool) -> None:
        self._children = tree.children
        self._unnamed = tree.unnamed
        self._positive = positive
        codes = _children_first(tree)
        self._row = {code: number for number, code in enumerate(codes)}
        self._values = self._added_up(codes, leaves)
        self._small = [codes[row] for row in np.flatnonzero(_small(self._values).any(axis=1))]
        self._present = {codes[row] for row in np.flatnonzero(self._values.any(axis=1))}
        counts = np.abs(self._values)
        self._size = np.where(counts[:, 0], counts[:, 0], counts.sum(axis=1)).tolist()
        self._hidden: set[str] = set()

    def _added_up(self, codes: Sequence[str], leaves: Mapping[str, Vector]) -> npt.NDArray[np.int64]:
        given = {code: vector for code, vector in leaves.items() if vector}
        values = np.zeros((len(codes), max(map(len, given.values()), default=1)), "i8")
        if given:
            values[[self._row[code] for code in given]] = list(given.values())
        for code in codes:
            if children := self._children.get(code):
                values[self._row[code]] += values[[self._row[child] for child in children]].sum(axis=0)
        return values

    def run(self, also: Iterable[str]) -> set[str]:
        self._hidden = {*self._small, *(self._present & {*also, *self._unnamed})}
        parents, before = [code for code in self._row if self._children.get(code)], -1
        while len(self._hidden) != before:
            before = len(self._hidden)
            for parent in parents:
                self._complete(parent)
        return self._hidden

    def _complete(self, parent: str) -> None:
        children = [code for code in self._children.get(parent, ()) if code in self._present]
        chosen = [code for code in children if code in self._hidden]
        if not children or not (chosen or parent in self._hidden):
            return
        rest = sorted(set(children) - set(chosen), key=lambda code: (self._size[self._row[code]], code))
        while not self._is_safe(chosen) and rest:
            chosen.append(rest.pop(0))
            self._hide(chosen[-1])
        if not self._is_safe(chosen) and parent not in self._hidden:
            for code in chosen:
                self._hide_all(code)
            if not self._is_safe(chosen):
                self._hide(parent)

    def _is_safe(self, chosen: Sequence[str]) -> bool:
        """Whether the suppressed children of one parent are at least two, with a sum that discloses nothing."""
        leaves = [self._row[leaf] for code in chosen for leaf in self._hidden_leaves(code)]
        if len(leaves) < 2 or len(chosen) < 2:
            return False
        total = self._values[leaves].sum(axis=0)
        return not _small(total).any() and not (self._positive and total[0] <= len(leaves))

    def _hidden_leaves(self, code: str) -> list[str]:
        children = self._children.get(code)
        if not children:
            return [code]
        return [leaf for child in children if child in self._hidden for leaf in self._hidden_leaves(child)]

    def _hide(self, code: str) -> None:
        self._hidden.add(code)
        self._complete(code)

    def _hide_all(self, code: str) -> None:
        if code in self._present:
            self._hidden.add(code)
            for child in self._children.get(code, ()):
                self._hide_all(child)


def _children_first(tree: Tree) -> list[str]:
    """All regions of the tree, the root last."""
    found, pending = [], [tree.root]
    while pending:
        found.append(pending.pop())
        pending += tree.children.get(found[-1], ())
    return found[::-1]


def _small(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    sizes = np.abs(counts)
    found: npt.NDArray[np.bool_] = (sizes > 0) & (sizes < K)
    return found
