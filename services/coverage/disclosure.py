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
from dataclasses import dataclass, field

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
        parents: dict[str, str] = {}
        for region in regions:
            if region.level == "kanwil":
                parents[region.code] = NATION
            elif region.level == "province":
                parents[region.code] = region.kanwil or NATION
            elif region.level == "regency":
                parents[region.code] = region.parent or NATION
        for regency in regencies:
            outer = regency.removesuffix(".00") if regency.endswith(".00") else regency[:2]
            parents.setdefault(regency, outer)
            if outer != NATION:
                parents.setdefault(outer, NATION)
        children: dict[str, list[str]] = defaultdict(list)
        for child, parent in sorted(parents.items()):
            children[parent].append(child)
        return cls(children, NATION, frozenset(code for code in parents if regions.get(code) is None))


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
    return _Search(tree, leaves, positive).run(also)


@dataclass
class _Search:
    tree: Tree
    leaves: Mapping[str, Vector]
    positive: bool
    values: dict[str, Vector] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)

    def run(self, also: Iterable[str]) -> set[str]:
        self._add_up(self.tree.root)
        self.hidden = {code for code, vector in self.values.items() if has_small(vector)}
        self.hidden |= {code for code in {*also, *self.tree.unnamed} if any(self.values.get(code, ()))}
        before = -1
        while len(self.hidden) != before:
            before = len(self.hidden)
            for parent in self.values:
                self._complete(parent)
        return self.hidden

    def _add_up(self, code: str) -> Vector:
        """The region's vector, after those of its children: `values` has children before their parents."""
        below = [self._add_up(child) for child in self.tree.children.get(code, ())]
        own = self.leaves.get(code)
        parts = [vector for vector in (*below, *([own] if own else [])) if vector]
        self.values[code] = tuple(map(sum, zip(*parts, strict=True))) if parts else ()
        return self.values[code]

    def _complete(self, parent: str) -> None:
        children = [code for code in self.tree.children.get(parent, ()) if any(self.values[code])]
        chosen = [code for code in children if code in self.hidden]
        if not children or not (chosen or parent in self.hidden):
            return
        rest = sorted(set(children) - set(chosen), key=lambda code: (_size(self.values[code]), code))
        while not self._is_safe(chosen) and rest:
            chosen.append(rest.pop(0))
            self._hide(chosen[-1])
        if not self._is_safe(chosen) and parent not in self.hidden:
            for code in chosen:
                self._hide_all(code)
            if not self._is_safe(chosen):
                self._hide(parent)

    def _is_safe(self, chosen: Sequence[str]) -> bool:
        """Whether the suppressed children of one parent are at least two, with a sum that discloses nothing."""
        leaves = [leaf for code in chosen for leaf in self._hidden_leaves(code)]
        if len(leaves) < 2 or len(chosen) < 2:
            return False
        total = tuple(map(sum, zip(*(self.values[leaf] for leaf in leaves), strict=True)))
        return not has_small(total) and not (self.positive and total[0] <= len(leaves))

    def _hidden_leaves(self, code: str) -> list[str]:
        children = [child for child in self.tree.children.get(code, ()) if child in self.hidden]
        if not self.tree.children.get(code):
            return [code]
        return [leaf for child in children for leaf in self._hidden_leaves(child)]

    def _hide(self, code: str) -> None:
        self.hidden.add(code)
        self._complete(code)

    def _hide_all(self, code: str) -> None:
        if any(self.values[code]):
            self.hidden.add(code)
            for child in self.tree.children.get(code, ()):
                self._hide_all(child)


def _size(vector: Vector) -> int:
    return sum(map(abs, vector[:1])) or sum(map(abs, vector))
