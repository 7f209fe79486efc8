"""Everything that changed rows can reach, loaded and joined anew: rows, partners, former identifiers and ages."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from services.registration.identity import decisions, former_identifiers, joins, strangers
from services.registration.identity.decisions import DecidedRow
from services.registration.identity.matching import Decision
from services.registration.identity.profile import Row, values_of
from services.registration.identity.regrouping import Joined, Reach
from services.registration.identity.stored_rows import NUMBERS, DatabaseRows
from services.registration.identity.unit_of_work import UnitOfWork


class StoredRows(Protocol):
    """The rows as they are stored, and what was decided about them."""

    async def sharing(self, nibs: list[Any], nik_koperasis: list[Any], niks: list[Any]) -> Sequence[Row]:
        """All rows that hold one of these numbers."""

    async def bearing(self, names: Collection[Any]) -> Sequence[Row]:
        """All rows of the partners that bear one of these names."""

    async def of_partners(self, partners: Collection[Any]) -> Sequence[Row]:
        """All rows of these partners."""

    async def decided(self, rows: Collection[Row]) -> Sequence[DecidedRow]:
        """All of every decision that may be about one of these rows."""

    async def of_decided(self, decided: Collection[DecidedRow]) -> Sequence[Row]:
        """All rows that these decisions may be about."""

    async def any_different(self) -> bool:
        """Whether anybody ever decided that partners are different."""


async def load(
    work: UnitOfWork, changed: Sequence[Row], old: Sequence[Row], again: Sequence[Row] = ()
) -> tuple[list[Row], Reach | None]:
    """What `changed` rows (new, or in their new form) and the `old` ones (removed, or as they were before) reach.

    `again` are rows as they are stored, about which something was decided. Returns (those of the changed rows that
    share nothing with anybody, what the others reach; None if there are no others).
    """
    stored = DatabaseRows(work)
    await stored.look_near([*changed, *again, *old])
    former = await former_identifiers.sharing(work, changed)
    alone, changed = await apart(stored, changed, [*old, *again, *former])
    if not (changed or old or again):
        return alone, None
    joined = await join(stored, [*changed, *again], old)
    partners = {row.partner for row in (*joined.rows, *old) if row.partner is not None}
    await work.load_states(partners)
    partners |= {each.partner for each in former}
    ages = {partner: work.states[partner].age for partner in partners}
    return alone, Reach(joined, old, {row.key for row in changed}, former, ages)


async def apart(stored: StoredRows, changed: Sequence[Row], others: Iterable[Any]) -> tuple[list[Row], list[Row]]:
    """(those of the changed rows that share nothing with another row, nor with these `others`; the rest)"""
    near = [
        *await stored.sharing(*values_of(changed, NUMBERS)),
        *await stored.bearing({row.name for row in changed}),
        *await stored.decided(changed),
    ]
    return strangers.split(changed, [*near, *others])


async def join(stored: StoredRows, changed: Sequence[Row], old: Sequence[Row]) -> Joined:
    """The rows that may be another partner's now, with the groups that they are joined in, and their partners."""
    found = _Found(stored, {row.key: row for row in changed}, {row.key for row in old})
    await _follow_numbers(found, [*changed, *old])
    before = dict(found.rows)
    keys = {row.key for row in changed}
    found.put(joins.with_number_groups(found.all(), found.decisions()))
    names = joins.names_to_decide(found.all(), keys, before, old)
    whole = await found.add_bearing(names)
    before = found.rows | before
    found.put(joins.with_name_groups(found.all(), names, found.decisions()))
    touched = joins.touched_partners(found.all(), keys, before, old)
    await found.add_all(await stored.of_partners(touched - whole))
    touched |= await _follow_different(found, touched, [*old, *before.values()])
    rows = [row for row in found.all() if row.key in keys or row.partner in touched]
    around = [row for row in found.all() if not (row.key in keys or row.partner in touched)]
    return Joined(rows, joins.partners(rows, found.decisions(rows)), found.rows | before, around)


@dataclass
class _Found:
    """The rows found so far, by key; never one of the hidden, which are no longer as they are stored."""

    stored: StoredRows
    rows: dict[UUID, Row]
    hidden: set[UUID]
    decided: set[DecidedRow] = field(default_factory=set)
    names: set[UUID] = field(default_factory=set)
    """All rows of all partners that bear one of these are here."""

    def all(self) -> list[Row]:
        return list(self.rows.values())

    def put(self, rows: Iterable[Row]) -> None:
        self.rows.update({row.key: row for row in rows})

    def new(self, rows: Iterable[Row]) -> list[Row]:
        return [row for row in rows if row.key not in self.rows and row.key not in self.hidden]

    async def add_all(self, rows: Sequence[Row]) -> set[UUID]:
        """Add the rows of whole partners; returns these partners."""
        new = self.new(rows)
        self.put(new)
        self.decided.update(await self.stored.decided(new))
        return {row.partner for row in rows}

    async def add_bearing(self, names: set[UUID]) -> set[UUID]:
        """Add all rows of the partners that bear one of these names; returns these partners."""
        new = names - self.names
        self.names |= new
        return await self.add_all(await self.stored.bearing(new)) if new else set()

    def decisions(self, rows: Sequence[Row] | None = None) -> list[Decision]:
        return decisions.among(self.all() if rows is None else rows, self.decided)


async def _follow_numbers(found: _Found, frontier: Sequence[Row]) -> None:
    """Add all rows that numbers lead to, from one to the next, and those that a person found to be the same."""
    seen: dict[str, set[Any]] = {"nib": set(), "nik_koperasi": set(), "nik": set()}
    while frontier:
        asked = _unseen(frontier, seen)
        rows = list(await found.stored.sharing(*asked)) if any(asked) else []
        decided = set(await found.stored.decided(frontier)) - found.decided
        found.decided |= decided
        rows += await found.stored.of_decided([each for each in decided if each.same])
        frontier = list({row.key: row for row in found.new(rows)}.values())
        found.put(frontier)


def _unseen(frontier: Iterable[Row], seen: dict[str, set[Any]]) -> list[list[Any]]:
    """The numbers of each kind in these rows that were not asked for yet; from now on they were."""
    asked: list[list[Any]] = []
    for kind, known in seen.items():
        values = {getattr(row, kind) for row in frontier} - known - {None}
        known |= values
        asked.append(list(values))
    return asked


async def _follow_different(found: _Found, touched: set[UUID], stored: Sequence[Row]) -> set[UUID]:
    """The partners that only a decision keeps or kept apart from the touched ones: they are settled together.

    `stored` are rows as they were. Where nobody ever decided that two are different, all that hangs together is one.
    """
    if not await found.stored.any_different():
        return set()
    reached: set[UUID] = set(touched)
    while True:
        names = {row.name for row in found.all() if row.partner in reached or row.partner is None}
        await found.add_bearing(names | {row.name for row in stored if row.partner in reached})
        more = joins.joined_with([*found.all(), *stored], reached) - reached
        if not more:
            return reached - touched
        reached |= more
