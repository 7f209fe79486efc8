"""Rows that a whole list leaves out: they are evidence no more, and come back when the upload is taken back."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

import asyncpg

from services.registration.identity import evidence, grouping, row_versions
from services.registration.identity.offers import Offer
from services.registration.identity.profile import Row
from services.registration.identity.regrouping import Touched
from services.registration.identity.unit_of_work import UnitOfWork
from services.registration.intake.commands import LeaveOut
from services.registration.orders import Accepted, Effect, Order, Outcome
from shared.database import columns


async def leave_out(work: UnitOfWork, orders: Sequence[Order[LeaveOut]]) -> tuple[list[Outcome], Touched]:
    """Take these rows off their list, but for those that were listed again since."""
    touched = Touched()
    for order in orders:
        touched |= await _leave_out(work, UUID(order.command.import_id), list(map(UUID, order.command.keys)))
    return [Accepted(Effect.REMOVED) for _ in orders], touched


async def _leave_out(work: UnitOfWork, import_id: UUID, asked: list[UUID]) -> Touched:
    records = await work.fetch("rows_to_leave_out", import_id, asked)
    if not records:
        return Touched()
    gone = [evidence.to_row(record) for record in records]
    keys = [row.key for row in gone]
    staying = await work.fetch("rows_staying", import_id, list({row.partner for row in gone}), keys)
    await work.execute("add_base_versions", keys)
    await work.execute("keep_version_states", keys)
    await work.execute("leave_out_versions", keys, import_id)
    earlier = _earlier_days(gone, [each for each in staying if not each["leaves"]])
    if earlier:
        await work.execute("set_first_days", import_id, *columns(earlier.items()))
    still_listed = {record["partner_id"] for record in staying}
    work.taken_back["delisted"] += len({row.partner for row in gone} - still_listed)
    _, touched = await grouping.regroup(work, _carried(work, staying, earlier), keys)
    return touched


def _earlier_days(gone: Sequence[Row], staying: Sequence[asyncpg.Record]) -> dict[UUID, date]:
    """Rows of the file whose partner was on the list before, by a row that shares a number or the name: since when."""
    since: dict[UUID, date] = {}
    for record in staying:
        same = [row.first_listed for row in gone if row.partner == record["partner_id"] and _is_same(row, record)]
        if same and min(same) < record["first_listed"]:
            since[record["key"]] = min(same)
    return since


def _is_same(row: Row, record: asyncpg.Record) -> bool:
    kinds = ("nib", "nik_koperasi", "nik", "name")
    return any(getattr(row, kind) is not None and getattr(row, kind) == record[kind] for kind in kinds)


def _carried(work: UnitOfWork, staying: Sequence[asyncpg.Record], earlier: Mapping[UUID, date]) -> list[Offer]:
    return [
        row_versions.restored(work, record, first_listed=earlier[record["key"]])
        for record in staying
        if record["key"] in earlier
    ]
