"""What a change joins anew: the number groups and name groups of rows, and which partners these touch. Pure.

Every stored row knows its two groups, so what a change does not reach is not looked at again:
- its number group are the rows that steps 1 and 2 of `matching` join with it, by the smallest of their keys;
- its name group are the number groups that step 3 joins with its own under its name, by the smallest of these.
A partner is what hangs together by either.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from services.registration.identity import matching
from services.registration.identity.disjoint_sets import DisjointSets
from services.registration.identity.matching import Decision
from services.registration.identity.one_name import Group
from services.registration.identity.profile import Row

Before = Mapping[UUID, Row]
"""Rows as they are stored, by key."""


def with_number_groups(rows: Sequence[Row], decisions: Sequence[Decision] = ()) -> list[Row]:
    """The rows with their number groups; `rows` holds all that share a number with one of them."""
    found: list[Row] = []
    for members in matching.by_number(rows, decisions):
        group = min(rows[at].key for at in members) if len(members) > 1 else rows[members[0]].key
        found += [_in_groups(rows[at], group, rows[at].name_group) for at in members]
    return found


def names_to_decide(rows: Sequence[Row], changed: Collection[UUID], before: Before, old: Iterable[Row]) -> set[UUID]:
    """The names that a changed number group bears or bore.

    `rows` have their new number groups, `before` is how they are stored, `old` were removed or replaced.
    """
    members: dict[UUID, list[Row]] = defaultdict(list)
    for row in rows:
        members[row.number_group].append(row)
    stored = Counter(before[row.key].number_group for row in rows if row.key not in changed)
    stored.update(row.number_group for row in old)
    names = {row.name for row in old}
    for group, own in members.items():
        as_before = stored[group] == len(own) and all(
            row.key not in changed and before[row.key].number_group == group for row in own
        )
        if not as_before:
            names |= {row.name for row in own}
    return names


def with_name_groups(rows: Sequence[Row], names: Collection[UUID], decisions: Sequence[Decision] = ()) -> list[Row]:
    """The rows with their name groups; `rows` holds all rows of every number group that bears one of these names."""
    bearers: dict[UUID, dict[UUID, None]] = defaultdict(dict)
    for row in rows:
        if row.name in names:
            bearers[row.name][row.number_group] = None
    several = {name: list(bearing) for name, bearing in bearers.items() if len(bearing) > 1}
    joined = _joined_by_name(rows, several, decisions) if several else {}
    return [
        _in_groups(row, row.number_group, joined.get((row.name, row.number_group), row.number_group))
        if row.name in names
        else row
        for row in rows
    ]


def _joined_by_name(
    rows: Sequence[Row], bearers: Mapping[UUID, Sequence[UUID]], decisions: Sequence[Decision]
) -> dict[tuple[UUID, UUID], UUID]:
    """(name, number group that bears it) → the smallest number group that step 3 joins with it under this name."""
    members: dict[UUID, list[Row]] = {group: [] for bearing in bearers.values() for group in bearing}
    for row in rows:
        if row.number_group in members:
            members[row.number_group].append(row)
    groups = {group: Group.of(own) for group, own in members.items()}
    number_of = {at: row.number_group for at, row in enumerate(rows)} if decisions else {}
    apart = [matching.numbers_of(sides, number_of) for sides in matching.different(decisions)]
    return {
        (name, group): min(part)
        for name, bearing in bearers.items()
        for part in matching.joined_by_name(groups, bearing, apart)
        for group in part
    }


def touched_partners(rows: Iterable[Row], changed: Collection[UUID], before: Before, old: Iterable[Row]) -> set[UUID]:
    """The partners that may have other rows now: all that are joined with a row that is new or was joined otherwise."""
    all_rows = list(rows)
    moved = [row for row in all_rows if row.key in changed or has_moved(row, before[row.key])]
    numbers, names = {row.number_group for row in moved}, {(row.name, row.name_group) for row in moved}
    reached = (r for r in all_rows if r.number_group in numbers or (r.name, r.name_group) in names)
    return {row.partner for row in (*reached, *old) if row.partner is not None}


def joined_with(rows: Sequence[Row], partners: Collection[UUID]) -> set[UUID]:
    """The partners with a row that is in one group with a row of these partners, or with one that has none yet."""
    own = [row for row in rows if row.partner is None or row.partner in partners]
    numbers, names = {row.number_group for row in own}, {(row.name, row.name_group) for row in own}
    return {
        row.partner
        for row in rows
        if row.partner is not None and (row.number_group in numbers or (row.name, row.name_group) in names)
    }


def has_moved(row: Row, before: Row) -> bool:
    return (row.number_group, row.name_group) != (before.number_group, before.name_group)


def partners(rows: Sequence[Row], decisions: Sequence[Decision] = ()) -> list[list[int]]:
    """The rows that hang together by their groups, as positions."""
    sets = DisjointSets(range(len(rows)))
    first: dict[Any, int] = {}
    for at, row in enumerate(rows):
        for group in (row.number_group, (row.name, row.name_group)):
            if (other := first.setdefault(group, at)) != at:
                sets.unite((other, at))
    return matching.unmixed(_by_number_group(rows), sets.sets(), decisions) if decisions else sets.sets()


def _by_number_group(rows: Sequence[Row]) -> list[list[int]]:
    """The positions of each number group's rows."""
    members: dict[UUID, list[int]] = defaultdict(list)
    for at, row in enumerate(rows):
        members[row.number_group].append(at)
    return list(members.values())


def _in_groups(row: Row, number_group: UUID, name_group: UUID | None) -> Row:
    if (row.number_group, row.name_group) == (number_group, name_group):
        return row
    return replace(row, number_group=number_group, name_group=name_group)
