"""New, replaced and removed rows → groups again, as far as they reach; every group keeps or gets its partner id."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg

from services.registration.identity import (
    evidence,
    former_identifiers,
    offers,
    own_partners,
    reach,
    regrouping,
    row_versions,
)
from services.registration.identity.ids import partner_id
from services.registration.identity.offers import Change, Offer
from services.registration.identity.profile import Row
from services.registration.identity.regrouping import Reach, Regrouped, Touched
from services.registration.identity.unit_of_work import UnitOfWork
from services.registration.orders import Accepted
from shared.database import columns
from shared.turns import in_turns


async def regroup(
    work: UnitOfWork, offered: Sequence[Offer], removed: Collection[UUID] = (), again: Sequence[Row] = ()
) -> tuple[list[Accepted], Touched]:
    """Take the offers as evidence, drop the `removed` rows, and settle who is who among all that they reach.

    `again` are stored rows that are settled anew, since something was decided about them.

    Returns what each offer did, and by which identifiers others may have to be looked up again.
    """
    keys = [*(offer.row.key for offer in offered), *removed]
    held = {record["key"]: record for record in await work.fetch("evidence_by_key", keys)}
    effects, changes = offers.compare(offered, held)
    await row_versions.note(work, offered, held, effects)
    await row_versions.drop(work, removed)
    gone = [evidence.to_row(held[key]) for key in removed if key in held]
    _note_refs(work, [held[key] for key in removed if key in held])
    partners: dict[UUID, UUID] = {key: record["partner_id"] for key, record in held.items()}
    touched = Touched()
    if changes or gone or again:
        regrouped = await _settle(work, list(changes.values()), gone, again)
        partners |= {row.key: row.partner for rows in regrouped.rows.values() for row in rows}
        touched = regrouped.touched
        await row_versions.note_new(work, offered, held.keys())
    accepted = [Accepted(effect, partners[offer.row.key]) for effect, offer in zip(effects, offered, strict=True)]
    return accepted, touched


async def _settle(work: UnitOfWork, changes: Sequence[Change], gone: Sequence[Row], again: Sequence[Row]) -> Regrouped:
    """Load what the changes reach, decide who is who, and apply that to the unit of work and the database."""
    replaced = [change.before for change in changes if change.before is not None]
    alone, reached = await reach.load(work, [change.row for change in changes], [*gone, *replaced], again)
    regrouped = regrouping.NOTHING if reached is None else regrouping.decide(reached, partner_id)
    if reached is not None:
        _count_formed(work, changes, reached, regrouped)
    work.formed.update([row.import_id for row in alone if row.import_id is not None])
    regrouped = regrouped.with_strangers(alone, partner_id)
    work.apply(regrouped)
    work.split.update(_split(reached, regrouped) if reached is not None else {})
    work.keep_personal({change.row.key: change.offer.personal for change in changes})
    await former_identifiers.follow(work, regrouped.merged)
    await former_identifiers.keep(work, gone)
    await _save(work, changes, gone, regrouped)
    return regrouped


def _note_refs(work: UnitOfWork, removed: Iterable[asyncpg.Record]) -> None:
    """Their agencies are to learn which of their entries is on no list any more."""
    for record in removed:
        if record["ref"] is not None:
            work.left.setdefault((record["partner_id"], record["agency"]), set()).add(record["ref"])


def _split(reached: Reach, regrouped: Regrouped) -> dict[UUID, UUID]:
    """New partner → the one that its rows, otherwise as they were, belonged to before."""
    new = set(regrouped.new)
    moved = ((row.partner, reached.joined.before[row.key].partner) for row in regrouped.moved if row.partner in new)
    return {partner: before for partner, before in moved if before is not None}


def _count_formed(work: UnitOfWork, changes: Sequence[Change], reached: Reach, regrouped: Regrouped) -> None:
    """For the reports of the imports that these changes are of."""
    if any(change.row.import_id is not None for change in changes):
        before = [*(row for row in reached.rows if row.key not in reached.changed), *reached.old]
        after = own_partners.with_partners(reached.rows, regrouped.rows_by_key())
        work.formed.update(own_partners.formed(before, after))


async def _save(work: UnitOfWork, changes: Sequence[Change], gone: Iterable[Row], regrouped: Regrouped) -> None:
    replaced = [change for change in changes if change.before is not None]
    await _remove(work, [*(row.key for row in gone), *(change.row.key for change in replaced)])
    rows = regrouped.rows_by_key()
    # A replaced row keeps its place in the sequence: the oldest row of a partner decides which group keeps its id.
    returned = [change for change in changes if change.before is None and change.offer.restores]
    await _add_again(work, [(change.row.sequence, *_record(work, change, rows)) for change in [*replaced, *returned]])
    if regrouped.moved:
        moved = columns((row.key, row.partner, row.number_group, row.name_group) for row in regrouped.moved)
        await work.execute("move_evidence", *moved)
    new = [change for change in changes if change.before is None and not change.offer.restores]
    work.insert_later("evidence", [_record(work, change, rows) async for change in in_turns(new)], evidence.COLUMNS)


async def _remove(work: UnitOfWork, keys: Sequence[UUID]) -> None:
    if keys:
        await work.execute("remove_evidence", keys)


async def _add_again(work: UnitOfWork, records: Sequence[tuple[Any, ...]]) -> None:
    """Only COPY gives a row the number in the sequence that it had."""
    if records:
        names = ["sequence", *evidence.COLUMNS]
        await work.db.copy_records_to_table("evidence", records=records, columns=names)


def _record(work: UnitOfWork, change: Change, rows: Mapping[UUID, Row]) -> tuple[Any, ...]:
    offer = change.offer
    return evidence.record(rows[change.row.key], offer.ref, offer.content, work.vault.seal(offer.personal))
