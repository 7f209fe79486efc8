"""Which of the groups that bear one name in one regency are one partner: the third step of `matching`. Pure.

Every test is a count, so that a name borne by ten thousand costs ten thousand times what a name borne by one does.
"""

from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from services.registration.identity.disjoint_sets import DisjointSets

NUMBERS = ("nib", "nik_koperasi", "nik")
CONTACTS = ("phone", "email", "owner")
LINKS = (*CONTACTS, "nik")


class Numbered(Protocol):
    """The numbers in a row, None where it has none."""

    @property
    def nib(self) -> Any: ...
    @property
    def nik_koperasi(self) -> Any: ...
    @property
    def nik(self) -> Any: ...


class Evidence(Numbered, Protocol):
    """What identity looks at in a row; None where the row has no value. `name` stands for name + regency.

    The row was on its list from `first_listed` to `last_listed`; without a list it was on none.
    """

    @property
    def name(self) -> Any: ...
    @property
    def phone(self) -> Any: ...
    @property
    def email(self) -> Any: ...
    @property
    def owner(self) -> Any: ...
    @property
    def agency(self) -> str | None: ...
    @property
    def list(self) -> str | None: ...
    @property
    def first_listed(self) -> date: ...
    @property
    def last_listed(self) -> date: ...


Stay = tuple[Hashable, date, date]
"""A list, and the first and last day that a row was sent with it."""


@dataclass(frozen=True, slots=True)
class Group:
    """All that the rows of one group hold, under whatever name they stand."""

    held: dict[str, set[Any]]
    stays: set[Stay] = field(default_factory=set)

    @classmethod
    def of(cls, rows: Iterable[Evidence]) -> "Group":
        group = cls({key: set() for key in (*NUMBERS, *CONTACTS)})
        for row in rows:
            for key, values in group.held.items():
                if (value := getattr(row, key)) is not None:
                    values.add(value)
            if row.list is not None:
                group.stays.add(((row.agency, row.list), row.first_listed, row.last_listed))
        return group


Part = Sequence[int]
"""The positions of groups that are one partner."""


def parts(groups: Sequence[Group], decided_apart: Sequence[Collection[frozenset[int]]] = ()) -> list[Part]:
    """The groups of one name and regency as parts, each one partner; most often one part, or each group its own.

    `decided_apart`: of each decision of a person the sides, as positions of groups, that are different partners.
    """
    if len(groups) == 1:
        return [(0,)]
    clusters = linked(groups)
    found: list[Part] = []
    for cluster in clusters:
        found += [cluster] if may_join(groups, cluster, decided_apart) else [(at,) for at in cluster]
    everybody = range(len(groups))
    if may_join(groups, everybody, decided_apart) and not _any_speaks_against(groups, found):
        return [everybody]
    return found


def linked(groups: Sequence[Group]) -> list[list[int]]:
    """Clusters of groups that share a phone, an e-mail, an owner's name or a NIK, also by way of another."""
    sets = DisjointSets(range(len(groups)))
    first: dict[tuple[str, Any], int] = {}
    for at, group in enumerate(groups):
        for key in LINKS:
            for value in group.held[key]:
                sets.unite((first.setdefault((key, value), at), at))
    return sets.sets()


def may_join(groups: Sequence[Group], together: Part, decided_apart: Sequence[Collection[frozenset[int]]]) -> bool:
    """Whether these hold at most one NIB, one NIK and one NIK Koperasi, and nobody decided that two are different."""
    if len(together) == 1:
        return True
    for key in NUMBERS:
        if len(set[Any]().union(*(groups[at].held[key] for at in together))) > 1:
            return False
    members = set(together)
    return all(sum(not side.isdisjoint(members) for side in sides) <= 1 for sides in decided_apart)


def _any_speaks_against(groups: Sequence[Group], found: Sequence[Part]) -> bool:
    """Whether two of these parts were on one list at the same time, or have contacts and none in common.

    Parts share no contact (sharing one makes a cluster), so two with a phone speak against each other.
    """
    for key in CONTACTS:
        if sum(any(groups[at].held[key] for at in part) for part in found) > 1:
            return True
    stays = [(*stay, number) for number, part in enumerate(found) for at in part for stay in groups[at].stays]
    return _any_at_the_same_time(stays)


def _any_at_the_same_time(stays: Iterable[tuple[Hashable, date, date, int]]) -> bool:
    """Whether stays of two parts on one list overlap; both the first and the last day count."""
    by_list: dict[Hashable, list[tuple[date, date, int]]] = {}
    for name, first, last, part in stays:
        by_list.setdefault(name, []).append((first, last, part))
    return any(_overlap(each) for each in by_list.values())


def _overlap(stays: list[tuple[date, date, int]]) -> bool:
    """Whether stays of two parts overlap. By first day, only the last part so far can still be on the list."""
    stays.sort()
    until, of = date.min, stays[0][2]
    for first, last, part in stays:
        if part == of:
            until = max(until, last)
        elif until >= first:
            return True
        else:
            until, of = last, part
    return False
