"""Who is one partner: rows are evidence, joined in three steps whose result does not depend on their order.

1. The same NIB or NIK Koperasi makes one group.
2. Groups holding one NIK join if at most one of them has a NIB (one owner may have two businesses), else none.
3. Groups that bear one normalised name in one regency join where something speaks for it and the numbers allow it,
   or where nothing speaks against it: see `one_name`.

Each step looks at the groups the step before left, decides for every number or name at once, and then unites. What a
person decided stands above the three steps: sides that are the same begin as one group, and where a step would bring
sides together that are different, what it joined there stays as it was before the step.
"""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from services.registration.identity import one_name
from services.registration.identity.disjoint_sets import DisjointSets
from services.registration.identity.one_name import Evidence, Group, Numbered

K = TypeVar("K", bound=Hashable)
Members = Sequence[int]
"""Positions of rows that belong together."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided of rows: the sides, positions of rows, are one partner (`same`), or each is another."""

    same: bool
    sides: Sequence[Collection[int]]


def cluster(rows: Sequence[Evidence], decisions: Sequence[Decision] = ()) -> list[list[int]]:
    """The partners as positions in `rows`."""
    numbered = by_number(rows, decisions)
    number_of = {at: number for number, members in enumerate(numbered) for at in members}
    groups = {number: Group.of(rows[at] for at in members) for number, members in enumerate(numbered)}
    apart = [numbers_of(sides, number_of) for sides in different(decisions)]
    joins = [
        [at for number in part for at in numbered[number]]
        for bearers in _holders([(row.name, number_of[at]) for at, row in enumerate(rows)])
        for part in joined_by_name(groups, bearers, apart)
    ]
    return _step(numbered, joins, decisions)


def by_number(rows: Sequence[Numbered], decisions: Sequence[Decision] = ()) -> list[list[int]]:
    """The groups that steps 1 and 2 form, as positions in `rows`."""
    alone = [[at] for at in range(len(rows))]
    groups = _step(alone, [_all(decision.sides) for decision in decisions if decision.same], decisions)
    joins = [held for key in ("nib", "nik_koperasi") for held in _holding(rows, key)]
    groups = _step(_within_sides(groups, joins, decisions), joins, decisions)
    return _step(groups, _of_one_business(rows, groups), decisions)


def joined_by_name(
    groups: Mapping[K, Group], bearers: Iterable[K], apart: Sequence[Sequence[frozenset[K]]] = ()
) -> list[list[K]]:
    """The `bearers` of one name and regency, keys of `groups`, in parts that are one partner each.

    `apart`: of each decision the sides, as keys of `groups`, that are different partners.
    """
    numbers = list(dict.fromkeys(bearers))
    if len(numbers) == 1:
        return [numbers]
    at = {number: position for position, number in enumerate(numbers)}
    sides = [[frozenset(at[n] for n in side if n in at) for side in each] for each in apart]
    parts = one_name.parts([groups[number] for number in numbers], sides)
    return [[numbers[position] for position in part] for part in parts]


def _of_one_business(rows: Sequence[Numbered], groups: Sequence[Members]) -> list[list[int]]:
    """The rows of each NIK whose groups may be one partner: at most one of these has a NIB."""
    number_of = {at: number for number, members in enumerate(groups) for at in members}
    with_nib = {number_of[at] for at, row in enumerate(rows) if row.nib is not None}
    return [held for held in _holding(rows, "nik") if len(with_nib & {number_of[at] for at in held}) <= 1]


def _holding(rows: Sequence[Numbered], key: str) -> list[list[int]]:
    return _holders((value, at) for at, row in enumerate(rows) if (value := getattr(row, key)) is not None)


def _holders(held: Iterable[tuple[Hashable, int]]) -> list[list[int]]:
    """Who holds each value that several hold, of (value, holder)."""
    holders: dict[Hashable, list[int]] = defaultdict(list)
    for value, holder in held:
        holders[value].append(holder)
    return [held for held in holders.values() if len(held) > 1]


def _step(before: Sequence[Members], joins: Iterable[Members], decisions: Sequence[Decision]) -> list[list[int]]:
    """The groups `before`, united as `joins` say; where that brings together what is different they stay as before."""
    united = list(joins)
    if not united:
        return [list(members) for members in before]
    reached = {at for together in united for at in together}
    number_of = {at: number for number, members in enumerate(before) for at in members if at in reached}
    sets = DisjointSets(sorted(set(number_of.values())))
    for together in united:
        sets.unite(number_of[at] for at in together)
    first = {number: numbers[0] for numbers in sets.sets() for number in numbers}
    after: dict[int, list[int]] = {}
    for number, members in enumerate(before):
        after.setdefault(first.get(number, number), []).extend(members)
    return unmixed(before, list(after.values()), decisions)


def unmixed(before: Sequence[Members], after: list[list[int]], decisions: Sequence[Decision]) -> list[list[int]]:
    """The groups `after` a step, but those of `before` where it brought together what is different."""
    if not decisions:
        return after
    mixed = [set(members) for members in after if _holds_different(members, decisions)]
    if not mixed:
        return after
    unchanged = [list(members) for members in before if any(members[0] in each for each in mixed)]
    return unchanged + [members for members in after if not any(members[0] in each for each in mixed)]


def _within_sides(
    groups: Sequence[Members], joins: Sequence[Members], decisions: Sequence[Decision]
) -> Sequence[Members]:
    """The groups united as `joins` say within each side of what is different, and apart from all sides."""
    side_of: dict[int, set[tuple[int, int]]] = defaultdict(set)
    for number, sides in enumerate(different(decisions)):
        for side, members in enumerate(sides):
            for at in members:
                side_of[at].add((number, side))
    if not side_of:
        return groups
    within = [same for held in joins for same in _holders((frozenset(side_of.get(at, ())), at) for at in held)]
    return _step(groups, within, decisions)


def different(decisions: Iterable[Decision]) -> list[Sequence[Collection[int]]]:
    """The sides of each decision that says they are different."""
    return [decision.sides for decision in decisions if not decision.same]


def _holds_different(members: Members, decisions: Sequence[Decision]) -> bool:
    if not decisions:
        return False
    own = set(members)
    return any(sum(not own.isdisjoint(side) for side in sides) > 1 for sides in different(decisions))


def numbers_of(sides: Iterable[Collection[int]], number_of: Mapping[int, K]) -> list[frozenset[K]]:
    """Sides given as positions of rows, as the groups of these rows."""
    return [frozenset(number_of[at] for at in side) for side in sides]


def _all(sides: Iterable[Collection[int]]) -> list[int]:
    return [at for side in sides for at in side]
