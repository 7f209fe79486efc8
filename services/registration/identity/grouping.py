"""New, replaced and removed rows → groups again, as far as they reach; every group keeps or gets its partner id."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from services.registration.identity import evidence, former_identifiers, offers, reach, regrouping
from services.registration.identity.offers import Change, Offer
from services.registration.identity.profile import Row
from services.registration.identity.regrouping import Regrouped, Touched
from services.registration.identity.unit_of_work import UnitOfWork
from services.registration.orders import Accepted
from shared.turns import in_turns


async def regroup(
    work: UnitOfWork, offered: Sequence[Offer], removed: Collection[UUID] = ()
) -> tuple[list[Accepted], Touched]:
    """Take the offers as evidence, drop the `removed` rows, and settle who is who among all that they reach.

    Returns what each offer did, and by which identifiers others may have to be looked up again.
    """
    keys = [*(offer.row.key for offer in offered), *removed]
    held = {record["key"]: record for record in await work.fetch("evidence_by_key", keys)}
    effects, changes = offers.compare(offered, held)
    gone = [evidence.to_row(held[key]) for key in removed if key in held]
    partners: dict[UUID, UUID] = {key: record["partner_id"] for key, record in held.items()}
    touched = Touched()
    if changes or gone:
        regrouped = await _settle(work, list(changes.values()), gone)
        partners |= regrouped.partner_of_row()
        touched = regrouped.touched
    accepted = [Accepted(effect, partners[offer.row.key]) for effect, offer in zip(effects, offered, strict=True)]
    return accepted, touched


async def _settle(work: UnitOfWork, changes: Sequence[Change], gone: Sequence[Row]) -> Regrouped:
    """Load what the changes reach, decide who is who, and apply that to the unit of work and the database."""
    replaced = [change.before for change in changes if change.before is not None]
    reached = await reach.load(work, [change.row for change in changes], [*gone, *replaced])
    regrouped = regrouping.decide(reached, work.ids)
    work.apply(regrouped)
    work.keep_personal({change.row.key: change.offer.personal for change in changes})
    await former_identifiers.follow(work, regrouped.merged)
    await former_identifiers.keep(work, gone)
    await _save(work, changes, gone, regrouped)
    return regrouped


async def _save(work: UnitOfWork, changes: Sequence[Change], gone: Iterable[Row], regrouped: Regrouped) -> None:
    replaced = [change for change in changes if change.before is not None]
    await _remove(work, [*(row.key for row in gone), *(change.row.key for change in replaced)])
    partners = regrouped.partner_of_row()
    added = [_record(work, change, partners) async for change in in_turns(changes) if change.before is None]
    await _add(work, added, evidence.COLUMNS)
    # A replaced row keeps its place in the sequence: the oldest row of a partner decides which group keeps its id.
    again = [(change.row.sequence, *_record(work, change, partners)) for change in replaced]
    await _add(work, again, ("sequence", *evidence.COLUMNS))
    if regrouped.moved:
        keys, owners = zip(*regrouped.moved, strict=True)
        await work.execute("move_evidence", list(keys), list(owners))


async def _remove(work: UnitOfWork, keys: Sequence[UUID]) -> None:
    if keys:
        await work.execute("remove_evidence", keys)


async def _add(work: UnitOfWork, records: Sequence[tuple[Any, ...]], columns: Sequence[str]) -> None:
    if records:
        await work.db.copy_records_to_table("evidence", records=records, columns=list(columns))


def _record(work: UnitOfWork, change: Change, partners: Mapping[UUID, UUID]) -> tuple[Any, ...]:
    offer, key = change.offer, change.row.key
    return evidence.record(change.row, partners[key], offer.ref, offer.content, work.vault.seal(offer.personal))
