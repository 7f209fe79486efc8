"""Which uploads and events listed a row, kept of those rows that several did: what it takes to take one of them back.

The newest version is the row as it is. A version has a state where a later one changed the row. Pure but for the I/O.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
from msgspec.structs import replace

from services.registration.identity.evidence import to_row
from services.registration.identity.offers import Offer
from services.registration.identity.profile import Row
from services.registration.identity.unit_of_work import UnitOfWork
from services.registration.orders import Effect
from shared.database import columns

MOST_VERSIONS = 8
"""Of a row that is listed again and again: the newest, and the first; an older upload then leaves the row as it is."""


@dataclass(frozen=True, slots=True)
class Version:
    """An upload (None: an event) that listed the row on these days; without days it only mentions the row."""

    version: int
    import_id: UUID | None
    first_listed: date | None = None
    last_listed: date | None = None
    line: int = 0
    has_state: bool = False


@dataclass(frozen=True, slots=True)
class Without:
    """A row's versions without those of one upload."""

    kept: list[Version]
    dropped: list[Version]
    inherited: list[tuple[int, int]]
    """(version, the dropped one whose state it has from now on)"""
    newest: Version | None
    """The newest that listed the row, None if none is left."""
    from_state: int | None
    """The version in whose state the row is again; None: the row says what it says now."""

    @property
    def days(self) -> tuple[date, date, int]:
        """(first_listed, last_listed, line) of a row without a ref, over all that listed it."""
        listed = [each for each in self.kept if each.first_listed is not None]
        first = min(each.first_listed for each in listed if each.first_listed)
        last, line = max((each.last_listed, each.line) for each in listed if each.last_listed)
        return first, last, line


def without(versions: Sequence[Version], import_id: UUID, is_gone: bool = False) -> Without:
    """The versions, oldest first, without this upload's. `is_gone`: the row is no evidence, all of it is in states."""
    kept = [each for each in versions if each.import_id != import_id]
    dropped = [each for each in versions if each.import_id == import_id]
    states = {each.version: each.version for each in versions if each.has_state}
    inherited = []
    for each in dropped:
        before = next((other for other in reversed(kept) if other.version < each.version), None)
        if each.version in states and before is not None and before.version not in states:
            states[before.version] = states[each.version]
            inherited.append((before.version, states[each.version]))
    listed = [each for each in kept if each.first_listed is not None]
    newest = listed[-1] if listed else None
    said_last = next((each.import_id for each in reversed(versions) if each.first_listed is not None), None)
    from_state = None
    if newest is not None and (said_last == import_id or is_gone):
        from_state = next(
            (states[each.version] for each in kept if each.version >= newest.version and each.version in states), None
        )
    return Without(kept, dropped, inherited, newest, from_state)


def restored(work: UnitOfWork, record: asyncpg.Record, **changes: Any) -> Offer:
    """A row as it was stored, to be stored so again."""
    row = replace(to_row(record), **changes)
    return Offer(row, record["content"], record["ref"], work.vault.open(record["sealed"]), restores=True)


async def note(
    work: UnitOfWork, offered: Sequence[Offer], held: Mapping[UUID, asyncpg.Record], effects: Sequence[Effect]
) -> None:
    """Before these offers are stored: note who lists rows that somebody else listed before, and keep what changes."""
    touched = {offer.row.key: offer for offer in offered if offer.row.key in held and not offer.restores}
    if not touched:
        return
    newest = {row["key"]: row["import_id"] for row in await work.fetch("newest_versions", list(touched))}
    by_others = {
        key: offer for key, offer in touched.items() if newest.get(key, held[key]["import_id"]) != offer.row.import_id
    }
    if by_others:
        await work.execute("add_base_versions", list(by_others))
    replaced = {offer.row.key for offer, effect in zip(offered, effects, strict=True) if effect is Effect.REPLACED}
    changed = {key: touched[key].row.import_id for key in replaced & touched.keys()}
    if changed:
        await work.execute("keep_states_before", list(changed), list(changed.values()))
    await _add(work, by_others.values())
    again = [offer for key, offer in touched.items() if key in newest and key not in by_others]
    if again:
        renewed = ((*_days_of(offer.row), offer.ref is not None) for offer in again)
        await work.execute("renew_versions", *columns(renewed))


def _days_of(row: Row) -> tuple[UUID, UUID | None, date, date, int]:
    return row.key, row.import_id, row.first_listed, row.last_listed, row.line


async def note_new(work: UnitOfWork, offered: Sequence[Offer], held: Collection[UUID]) -> None:
    """After new rows are stored: note who else listed them in the same transaction."""
    first: dict[UUID, UUID | None] = {}
    for offer in offered:
        first.setdefault(offer.row.key, offer.row.import_id)
    others = {
        offer.row.key: offer
        for offer in offered
        if offer.row.key not in held and not offer.restores and offer.row.import_id != first[offer.row.key]
    }
    if others:
        await work.execute("add_base_versions", list(others))
        await _add(work, others.values())


async def _add(work: UnitOfWork, offers: Collection[Offer]) -> None:
    if not offers:
        return
    rows = [offer.row for offer in offers]
    await work.execute("add_versions", *columns(map(_days_of, rows)))
    await work.execute("thin_versions", [row.key for row in rows], MOST_VERSIONS)


async def mention(work: UnitOfWork, keys: Collection[UUID], import_id: UUID) -> None:
    """These rows are meant by refused rows of the upload: they are not left out."""
    if keys:
        await work.execute("add_base_versions", list(keys))
        await work.execute("add_mentions", list(keys), import_id)


async def forget(work: UnitOfWork, leavings: Collection[Without]) -> None:
    """The dropped versions never were."""
    inherited = [pair for each in leavings for pair in each.inherited]
    if inherited:
        await work.execute("inherit_states", *columns(inherited))
    await work.execute("drop_versions", [each.version for left in leavings for each in left.dropped])


async def drop(work: UnitOfWork, keys: Collection[UUID]) -> None:
    """The rows are gone for good, and so is who listed them."""
    if keys:
        await work.execute("drop_versions_of", list(keys))
