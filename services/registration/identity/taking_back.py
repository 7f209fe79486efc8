"""The rows of one upload are taken back: what stood before comes back, what others listed stays."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg

from services.registration.identity import grouping, row_versions
from services.registration.identity.offers import Offer
from services.registration.identity.regrouping import Touched
from services.registration.identity.row_versions import Version, Without
from services.registration.identity.unit_of_work import UnitOfWork
from services.registration.intake.commands import TakeBack
from services.registration.orders import Order


@dataclass
class _Plan:
    """What becomes of the rows with these keys."""

    removed: list[UUID] = field(default_factory=list)
    changed: dict[UUID, tuple[asyncpg.Record | None, Without]] = field(default_factory=dict)
    """Rows that stay or come back: as they are now, and what is left of their versions."""


async def take_back(work: UnitOfWork, order: Order[TakeBack]) -> Touched:
    """Take back what the upload listed under these keys, and list again what it left out."""
    import_id, keys = UUID(order.command.import_id), list(map(UUID, order.command.keys))
    await work.execute("bring_versions_back", keys, import_id)
    held = {record["key"]: record for record in await work.fetch("evidence_by_key", keys)}
    versions: dict[UUID, list[Version]] = defaultdict(list)
    left_out: dict[tuple[UUID, UUID], list[Version]] = defaultdict(list)
    for record in await work.fetch("versions_of", keys):
        key, by = record["key"], record["left_out_by"]
        of_row = versions[key] if by is None else left_out[key, by]
        of_row.append(Version(*(record[name] for name in Version.__slots__)))
    plan = _plan(import_id, keys, held, versions)
    offers = await _offers(work, import_id, plan)
    leavings = [each for _, each in plan.changed.values()]
    out = [row_versions.without(each, import_id, is_gone=True) for each in left_out.values()]
    await row_versions.forget(work, [*leavings, *out])
    _, touched = await grouping.regroup(work, offers, plan.removed)
    back = sum(left.from_state is not None for left in leavings)
    work.taken_back.update(removed=len(plan.removed), restored=back, kept=len(leavings) - back)
    return touched


def _plan(
    import_id: UUID, keys: Sequence[UUID], held: dict[UUID, asyncpg.Record], versions: dict[UUID, list[Version]]
) -> _Plan:
    plan = _Plan()
    for key in keys:
        record = held.get(key)
        left = row_versions.without(versions[key], import_id, is_gone=record is None)
        if left.newest is not None:
            plan.changed[key] = record, left
        elif record is not None and (versions[key] or record["import_id"] == import_id):
            plan.removed.append(key)
    return plan


async def _offers(work: UnitOfWork, import_id: UUID, plan: _Plan) -> list[Offer]:
    asked = [left.from_state for _, left in plan.changed.values() if left.from_state is not None]
    states = {record["of_version"]: record for record in await work.fetch("version_states", asked)} if asked else {}
    cooperatives = [record["cooperative"] for record in states.values() if record["cooperative"]]
    answering = {row["asked"]: row["partner_id"] for row in await work.fetch("survivors", cooperatives)}
    offers = []
    for record, left in plan.changed.values():
        state = states.get(left.from_state or 0)
        base = state or record
        if base is not None:
            again = {"cooperative": answering.get(state["cooperative"])} if state else {}
            offers.append(
                row_versions.restored(
                    work, base, **_days(base, left), **_former(import_id, record or base, left), **again
                )
            )
    return offers


def _days(base: asyncpg.Record, left: Without) -> dict[str, Any]:
    """One with a ref has the days of the newest, one without those of all."""
    newest = left.newest
    assert newest is not None
    days = left.days if base["ref"] is None else (newest.first_listed, newest.last_listed, newest.line)
    return dict(zip(("first_listed", "last_listed", "line"), days, strict=True))


def _former(import_id: UUID, record: asyncpg.Record, left: Without) -> dict[str, Any]:
    """Which upload formed the row: not the one that is taken back."""
    formed_by = record["import_id"]
    return {"import_id": left.kept[0].import_id if formed_by == import_id else formed_by}
