"""Who is who among the rows that a change reaches: the groups, their partner ids and all that follows. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec.structs import replace

from services.registration.identity import joins, survivors
from services.registration.identity.profile import Row
from services.registration.identity.survivors import Former


@dataclass(frozen=True, slots=True)
class Joined:
    """Rows with the groups they are joined in now, and their `partners`, as positions in `rows`.

    `before` are they, and more, as they were stored; `around` bear a name of theirs and are as they were.
    """

    rows: Sequence[Row]
    partners: Sequence[Sequence[int]]
    before: Mapping[UUID, Row]
    around: Sequence[Row] = ()


@dataclass(frozen=True, slots=True)
class Reach:
    """What a change reaches. `changed` are the keys of those of the rows that are new or have a new form."""

    joined: Joined
    old: Sequence[Row]
    """Rows that are removed or replaced, as they were."""
    changed: set[UUID]
    former: Sequence[Former]
    ages: Mapping[UUID, tuple[datetime, UUID]]
    """Of every partner here: when it was first recorded; the oldest of a group survives."""

    @property
    def rows(self) -> Sequence[Row]:
        return self.joined.rows


@dataclass(frozen=True, slots=True)
class Touched:
    """Identifiers of the changed groups: whoever was looked up by one of these may be another partner now."""

    nibs: set[int] = field(default_factory=set)
    nik_koperasis: set[str] = field(default_factory=set)
    niks: set[UUID] = field(default_factory=set)
    names: set[UUID] = field(default_factory=set)
    rows: set[UUID] = field(default_factory=set)
    partners: set[UUID] = field(default_factory=set)
    doubtful: set[UUID] = field(default_factory=set)
    """Those of the names and NIKs that another row may have as well: only of these who is who can be in doubt."""

    @classmethod
    def by(cls, rows: Sequence[Row], partners: set[UUID], strangers: Sequence[Row] = ()) -> "Touched":
        doubtful = {hashed for row in rows for hashed in (row.name, row.nik) if hashed is not None}
        rows = [*rows, *strangers]
        return cls(
            doubtful=doubtful,
            nibs={row.nib for row in rows if row.nib is not None},
            nik_koperasis={row.nik_koperasi for row in rows if row.nik_koperasi is not None},
            niks={row.nik for row in rows if row.nik is not None},
            names={row.name for row in rows},
            rows={row.key for row in rows},
            partners=partners,
        )

    def __or__(self, other: "Touched") -> "Touched":
        return Touched(*(getattr(self, each.name) | getattr(other, each.name) for each in fields(self)))


@dataclass(frozen=True, slots=True)
class Regrouped:
    """What became of the groups that changed."""

    rows: dict[UUID, list[Row]]
    """All rows that each partner of a changed group has now; none for a partner that lost its last row."""
    new: list[UUID]
    """The partners with an id that was not given before."""
    merged: dict[UUID, UUID]
    """Merged partner → its survivor."""
    moved: list[Row]
    """The rows that go to another partner or are joined in other groups, and are otherwise as they were."""
    touched: Touched

    def rows_by_key(self) -> dict[UUID, Row]:
        return {row.key: row for rows in self.rows.values() for row in rows}

    def with_strangers(self, strangers: Sequence[Row], new_id: Callable[[], UUID]) -> "Regrouped":
        """This, and each of these rows as a partner of its own."""
        if not strangers:
            return self
        partners = [replace(row, partner=new_id(), number_group=row.key, name_group=row.key) for row in strangers]
        rows = self.rows | {row.partner: [row] for row in partners}
        first = [(min(row.sequence for row in self.rows[partner]), partner) for partner in self.new]
        new = [partner for _, partner in sorted([*first, *((row.sequence, row.partner) for row in partners)])]
        touched = self.touched | Touched.by((), set(), strangers)
        return Regrouped(rows, new, self.merged, self.moved, touched)


NOTHING: Final = Regrouped({}, [], {}, [], Touched())


class _Group(msgspec.Struct, frozen=True, gc=False):
    """Rows of one partner."""

    partner: UUID
    is_new: bool
    rows: list[Row]

    def is_as_before(self, changed: set[UUID]) -> bool:
        return all(row.partner == self.partner and row.key not in changed for row in self.rows)


def decide(reach: Reach, new_id: Callable[[], UUID]) -> Regrouped:
    """Group the rows, give each group the id it keeps or a new one, and say what that changes."""
    clusters = reach.joined.partners
    recalled = _recalled(reach, clusters)
    before = {row.partner for row in (*reach.rows, *reach.old) if row.partner is not None}.union(*recalled)
    kept, merged_into = survivors.assign(
        [[(reach.rows[at].sequence, reach.rows[at].partner) for at in cluster] for cluster in clusters],
        recalled,
        {partner: reach.ages[partner] for partner in before},
    )
    groups = [
        _Group(partner or new_id(), partner is None, [reach.rows[at] for at in cluster])
        for partner, cluster in zip(kept, clusters, strict=True)
    ]
    merged = {loser: groups[number].partner for loser, number in merged_into.items()}
    return _changes(reach, groups, before, merged)


def _recalled(reach: Reach, clusters: Sequence[Sequence[int]]) -> list[list[UUID]]:
    """The partners without rows that each group turns out to be; only groups with a new row can be one."""
    if not reach.former:
        return [[] for _ in clusters]
    renewed = [cluster if any(reach.rows[at].key in reach.changed for at in cluster) else () for cluster in clusters]
    return survivors.recall([*reach.rows, *reach.joined.around], renewed, reach.former)


def _changes(reach: Reach, groups: Sequence[_Group], before: set[UUID], merged: dict[UUID, UUID]) -> Regrouped:
    shrunk = _shrunk(reach, groups)
    changed = [group for group in groups if group.partner in shrunk or not group.is_as_before(reach.changed)]
    rows = {group.partner: [_belonging(row, group.partner) for row in group.rows] for group in changed}
    emptied = before - {group.partner for group in groups} - merged.keys()
    return Regrouped(
        rows=rows | {partner: [] for partner in emptied},
        new=[group.partner for group in changed if group.is_new],
        merged=merged,
        moved=[
            _belonging(row, group.partner)
            for group in groups
            for row in group.rows
            if row.key not in reach.changed
            and (row.partner != group.partner or joins.has_moved(row, reach.joined.before[row.key]))
        ],
        touched=Touched.by([*(row for group in changed for row in group.rows), *reach.old], before),
    )


def _shrunk(reach: Reach, groups: Iterable[_Group]) -> set[Any]:
    """The partners that lost a row: to another group, or because it was removed or replaced."""
    left = {row.partner for group in groups for row in group.rows if row.partner != group.partner}
    return left | {row.partner for row in reach.old}


def _belonging(row: Row, partner: UUID) -> Row:
    return row if row.partner == partner else replace(row, partner=partner)
