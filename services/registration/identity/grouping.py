"""New, replaced and removed rows → groups again, as far as they reach; every group keeps or gets its partner id."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

import asyncpg
import msgspec
from msgspec.structs import replace

from services.registration.identity import evidence, former_identifiers, matching
from services.registration.identity.profile import Row
from services.registration.identity.unit_of_work import UnitOfWork

NEW, REPLACED, TWIN, UNCHANGED = "new", "replaced", "twin", "unchanged"


class Offer(msgspec.Struct, frozen=True):
    """A row offered as evidence. `said` is what is personal in it."""

    row: Row
    content: UUID
    ref: str | None
    said: dict[str, Any]


@dataclass(slots=True)
class Regrouping:
    """What became of each offer, and the keys by which others may have to be looked up again."""

    fates: list[str]
    partners: list[UUID] = field(default_factory=list)
    nibs: set[int] = field(default_factory=set)
    koperasi: set[str] = field(default_factory=set)
    niks: set[UUID] = field(default_factory=set)
    names: set[UUID] = field(default_factory=set)
    rows: set[UUID] = field(default_factory=set)
    partners_before: set[UUID] = field(default_factory=set)

    def with_others(self, other: "Regrouping") -> "Regrouping":
        """The keys of both."""
        for name in ("nibs", "koperasi", "niks", "names", "rows", "partners_before"):
            getattr(self, name).update(getattr(other, name))
        return self


@dataclass(slots=True)
class _Change:
    """The newest offer of one key, and the row it replaces."""

    offer: Offer
    row: Row
    before: Row | None


async def regroup(work: UnitOfWork, offers: Sequence[Offer], removed: Collection[UUID] = ()) -> Regrouping:
    """Take the offers as evidence, drop the `removed` rows, and settle who is who among all that they touch."""
    held = {row["key"]: row for row in await work.fetch("evidence_by_key", [*(o.row.key for o in offers), *removed])}
    fates, changes = _compare(offers, held)
    result = Regrouping(fates)
    gone = [evidence.to_row(held[key]) for key in removed if key in held]
    if changes or gone:
        await _settle(work, changes, gone, result)
    partners = {key: record["partner_id"] for key, record in held.items()}
    partners |= {row.key: partner for partner, rows in work.groups.items() for row in rows}
    result.partners = [partners[offer.row.key] for offer in offers]
    return result


def _compare(offers: Sequence[Offer], held: dict[UUID, asyncpg.Record]) -> tuple[list[str], dict[UUID, _Change]]:
    fates: list[str] = []
    changes: dict[UUID, _Change] = {}
    for offer in offers:
        key, record = offer.row.key, held.get(offer.row.key)
        earlier = changes.get(key)
        before = earlier.row if earlier else evidence.to_row(record) if record else None
        content = earlier.offer.content if earlier else record["content"] if record else None
        fates.append(_fate(offer, content, record))
        row = _dated(offer, before, content)
        if before is None or content != offer.content or row != before:
            changes[key] = _Change(offer, row, evidence.to_row(record) if record else None)
    return fates, changes


def _fate(offer: Offer, content: UUID | None, record: asyncpg.Record | None) -> str:
    if content is None:
        return NEW
    if content != offer.content:
        return REPLACED
    own = record is None or (offer.row.import_id is not None and record["import_id"] == offer.row.import_id)
    return TWIN if own else UNCHANGED


def _dated(offer: Offer, before: Row | None, content: UUID | None) -> Row:
    """A row sent again stands since its first day and counts as said on its newest; one with a ref is replaced."""
    row = offer.row
    if before is None:
        return row
    row = replace(row, sequence=before.sequence, partner=before.partner, import_id=before.import_id)
    if offer.ref is not None:
        return row
    newest = max((before.last_listed, before.line), (row.last_listed, row.line))
    first = min(before.first_listed, row.first_listed)
    return replace(row, first_listed=first, last_listed=newest[0], line=newest[1])


async def _settle(work: UnitOfWork, changes: dict[UUID, _Change], gone: list[Row], result: Regrouping) -> None:
    replaced = [change.before for change in changes.values() if change.before is not None]
    seeds = [change.row for change in changes.values()]
    rows, vetoed = await _closure(work, seeds, [*gone, *replaced])
    clusters = matching.cluster(rows, vetoed)
    groups = [[rows[at] for at in group] for group in clusters]
    recalled = await former_identifiers.recalled(work, seeds, rows, clusters, vetoed)
    before = {row.partner for row in (*rows, *gone, *replaced) if row.partner is not None}.union(*recalled)
    await work.known(before)
    survivors, merged = matching.assign(
        [[(row.sequence, row.partner) for row in group] for group in groups],
        recalled,
        {partner: (work.states[partner].first_recorded, partner) for partner in before},
    )
    left = [row for number, group in enumerate(groups) for row in group if row.partner != survivors[number]]
    shrunk = {row.partner for row in (*gone, *replaced, *left)}
    moved: list[tuple[UUID, UUID]] = []
    for number, group in enumerate(groups):
        partner = survivors[number] or work.new_partner(_former(group)).partner_id
        survivors[number] = partner
        if not all(row.partner == partner and row.key not in changes for row in group) or partner in shrunk:
            _touch(work, partner, group, result)
        moved += [(row.key, partner) for row in group if row.partner != partner and row.key not in changes]
    for loser, number in merged.items():
        work.merge(loser, cast(UUID, survivors[number]))
    await former_identifiers.follow(work, {loser: cast(UUID, survivors[number]) for loser, number in merged.items()})
    await former_identifiers.remember(work, gone)
    for row in (*gone, *replaced):
        _note(row, result)
    emptied = before - set(survivors) - merged.keys()
    for partner in emptied:
        work.groups[partner] = []
        work.regrouped.add(partner)
    result.partners_before |= before
    await _write(work, changes, gone, moved)


def _former(group: list[Row]) -> UUID | None:
    """The import that formed this partner: the one that brought all its rows."""
    imports = {row.import_id for row in group}
    return cast("UUID | None", imports.pop()) if len(imports) == 1 else None


def _touch(work: UnitOfWork, partner: UUID, group: list[Row], result: Regrouping) -> None:
    work.groups[partner] = [row if row.partner == partner else replace(row, partner=partner) for row in group]
    work.regrouped.add(partner)
    for row in group:
        _note(row, result)


def _note(row: Row, result: Regrouping) -> None:
    result.names.add(row.name)
    result.rows.add(row.key)
    if row.nib is not None:
        result.nibs.add(row.nib)
    if row.nik_koperasi is not None:
        result.koperasi.add(row.nik_koperasi)
    if row.nik is not None:
        result.niks.add(row.nik)


async def _closure(work: UnitOfWork, seeds: list[Row], old: list[Row]) -> tuple[list[Row], set[UUID]]:
    """All rows that the changed ones can reach, and the names known to join nobody.

    A name whose rows already hold two NIBs or two NIKs joins nobody, before and after, unless one of its rows changed
    or went: it is not followed. That keeps a popular name from pulling in a whole regency.
    """
    found = {row.key: row for row in seeds}
    hidden = {row.key for row in old} | found.keys()
    unsettled = {row.name for row in old}
    seen: dict[str, set[Any]] = {"nib": set(), "nik_koperasi": set(), "nik": set(), "name": set(), "partner": set()}
    vetoed: set[UUID] = set()
    frontier: Iterable[Row] = [*seeds, *old]
    while frontier:
        asked = _unseen(frontier, seen)
        clashing = await work.fetch("clashing_names", [name for name in asked["name"] if name not in unsettled])
        vetoed |= {row["name"] for row in clashing}
        names = [name for name in asked["name"] if name not in vetoed]
        records = await work.fetch(
            "evidence_sharing", asked["nib"], asked["nik_koperasi"], asked["nik"], names, asked["partner"]
        )
        frontier = [evidence.to_row(record) for record in records if record["key"] not in hidden]
        for row in frontier:
            found[row.key] = row
            hidden.add(row.key)
    return list(found.values()), vetoed


def _unseen(frontier: Iterable[Row], seen: dict[str, set[Any]]) -> dict[str, list[Any]]:
    asked: dict[str, list[Any]] = {}
    for key, known in seen.items():
        values = {getattr(row, key) for row in frontier} - known - {None}
        known |= values
        asked[key] = list(values)
    return asked


async def _write(
    work: UnitOfWork, changes: dict[UUID, _Change], gone: list[Row], moved: list[tuple[UUID, UUID]]
) -> None:
    partner_of = {row.key: partner for partner, rows in work.groups.items() for row in rows}
    dropped = [*(row.key for row in gone), *(key for key, change in changes.items() if change.before)]
    if dropped:
        await work.execute("remove_evidence", dropped)
    sequenced = [change for change in changes.values() if change.before is not None]
    fresh = [change for change in changes.values() if change.before is None]
    for change in changes.values():
        work.said[change.row.key] = change.offer.said
    if fresh:
        records = [_record(work, change, partner_of[change.row.key]) for change in fresh]
        await work.db.copy_records_to_table("evidence", records=records, columns=list(evidence.COLUMNS))
    if sequenced:
        records = [(change.row.sequence, *_record(work, change, partner_of[change.row.key])) for change in sequenced]
        await work.db.copy_records_to_table("evidence", records=records, columns=["sequence", *evidence.COLUMNS])
    if moved:
        await work.execute("move_evidence", [key for key, _ in moved], [partner for _, partner in moved])


def _record(work: UnitOfWork, change: _Change, partner: UUID) -> tuple[Any, ...]:
    offer = change.offer
    return evidence.record(change.row, partner, offer.ref, offer.content, work.vault.seal(offer.said))
