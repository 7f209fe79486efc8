"""What the rules of who is one partner leave open for a person. Pure.

Of a name and regency: the partners of which two could still be one, and clusters that share a contact and stay apart.
Of a NIK: the partners that hold it and stay apart, since several have a NIB.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from services.registration.identity import one_name
from services.registration.identity.matching import Decision, different
from services.registration.identity.one_name import NUMBERS, Group
from services.registration.identity.profile import Row

Apart = Mapping[Any, Collection[Any]]
"""Partner → those that somebody decided to be others."""


def decided_apart(rows: Sequence[Row], decisions: Iterable[Decision]) -> dict[Any, set[Any]]:
    """Which of the partners of these rows somebody decided to be different."""
    apart: dict[Any, set[Any]] = defaultdict(set)
    for sides in different(decisions):
        partners = [{rows[at].partner for at in side} for side in sides]
        for one, other in combinations(partners, 2):
            for a in one:
                apart[a] |= other - {a}
            for b in other:
                apart[b] |= one - {b}
    return apart


def possible_duplicates(name: Any, rows: Iterable[Row], apart: Apart) -> list[Any]:
    """The partners bearing this name that could be one with another: at most one NIB, NIK and NIK Koperasi together.

    `rows` are all rows of these partners.
    """
    rows_of = _by_partner(rows)
    bearing = {partner: own for partner, own in rows_of.items() if any(row.name == name for row in own)}
    numbers = {partner: found for partner, own in bearing.items() if (found := _numbers(own)) is not None}
    others = _compatible_others(numbers.values())
    return [
        partner
        for partner, own in numbers.items()
        if others[own] > sum(_compatible(own, numbers[each]) for each in apart.get(partner, ()) if each in numbers)
    ]


_Numbers = tuple[Any, ...]
"""The NIB, NIK Koperasi and NIK of a partner, None for each that it has not."""


def _numbers(rows: Iterable[Row]) -> _Numbers | None:
    """None for a partner that has two of a kind already."""
    held = Group.of(rows).held
    if any(len(held[key]) > 1 for key in NUMBERS):
        return None
    return tuple(next(iter(held[key]), None) for key in NUMBERS)


def _compatible(one: _Numbers, other: _Numbers) -> bool:
    return all(a is None or b is None or a == b for a, b in zip(one, other, strict=True))


def _compatible_others(numbers: Iterable[_Numbers]) -> dict[_Numbers, int]:
    """How many others each is compatible with, counted by which kinds of numbers both have."""
    counts = Counter(numbers)
    masks = {tuple(value is not None for value in each) for each in counts}
    by_common = {
        (mask, common): _projected(counts, mask, common)
        for mask in masks
        for common in {tuple(a and b for a, b in zip(mask, other, strict=True)) for other in masks}
    }
    found: dict[_Numbers, int] = {}
    for each in counts:
        own = tuple(value is not None for value in each)
        commons = ((mask, tuple(a and b for a, b in zip(own, mask, strict=True))) for mask in masks)
        found[each] = sum(by_common[mask, common][_project(each, common)] for mask, common in commons) - 1
    return found


def _projected(counts: Mapping[_Numbers, int], mask: tuple[bool, ...], common: tuple[bool, ...]) -> Counter[_Numbers]:
    """How many partners with exactly the kinds of numbers in `mask` have each combination of the `common` ones."""
    found: Counter[_Numbers] = Counter()
    for each, count in counts.items():
        if tuple(value is not None for value in each) == mask:
            found[_project(each, common)] += count
    return found


def _project(numbers: _Numbers, kinds: tuple[bool, ...]) -> _Numbers:
    return tuple(value if kept else None for value, kept in zip(numbers, kinds, strict=True))


def conflicts_of_name(name: Any, rows: Iterable[Row], apart: Apart) -> dict[Any, list[Any]]:
    """The clusters under this name that share a contact or NIK and stay apart: smallest number group → partners."""
    members = _by_number_group(rows)
    bearing = [(key, own) for key, own in members.items() if any(row.name == name for row in own)]
    groups = [Group.of(own) for _, own in bearing]
    found: dict[Any, list[Any]] = {}
    for cluster in one_name.linked(groups) if len(groups) > 1 else ():
        partners = {row.partner for at in cluster for row in bearing[at][1]}
        if not one_name.may_join(groups, cluster, ()) and _is_open(partners, apart):
            found[min(bearing[at][0] for at in cluster)] = sorted(partners)
    return found


def conflict_of_nik(nik: Any, rows: Iterable[Row], apart: Apart) -> list[Any]:
    """The partners that hold this NIK and stay apart, since several of their number groups have a NIB; else none."""
    holding = [own for own in _by_number_group(rows).values() if any(row.nik == nik for row in own)]
    with_nib = sum(any(row.nib is not None for row in own) for own in holding)
    partners = {own[0].partner for own in holding}
    return sorted(partners) if with_nib > 1 and _is_open(partners, apart) else []


def _is_open(partners: Collection[Any], apart: Apart) -> bool:
    """Whether of two of these nobody decided that they are different."""
    return any(len(set(partners) - set(apart.get(each, ())) - {each}) > 0 for each in partners)


def _by_partner(rows: Iterable[Row]) -> dict[Any, list[Row]]:
    return _grouped((row.partner, row) for row in rows)


def _by_number_group(rows: Iterable[Row]) -> dict[Any, list[Row]]:
    return _grouped((row.number_group, row) for row in rows)


def _grouped(keyed: Iterable[tuple[Any, Row]] | Iterator[tuple[Any, Row]]) -> dict[Any, list[Row]]:
    found: dict[Any, list[Row]] = defaultdict(list)
    for key, row in keyed:
        found[key].append(row)
    return found
