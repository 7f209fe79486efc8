"""An agency takes back what it sent of a partner: its rows, what was refused of them, its guests. The rest stays."""

from collections.abc import Sequence
from uuid import UUID

from services.registration.identity import grouping
from services.registration.identity.evidence import to_row
from services.registration.identity.regrouping import Touched
from services.registration.identity.unit_of_work import UnitOfWork
from services.registration.intake.commands import WithdrawPartner
from services.registration.orders import Accepted, Effect, Order, Outcome
from services.registration.records import erasure


async def withdraw(work: UnitOfWork, orders: Sequence[Order[WithdrawPartner]]) -> tuple[list[Outcome], Touched]:
    """Remove the rows by which each agency lists the partner, and what else it sent of it but enrolments and claims."""
    all_touched = Touched()
    outcomes: list[Outcome] = []
    for order in orders:
        partner = UUID(order.command.partner_id)
        records = await work.fetch("evidence_of_agency", order.agency, [partner])
        rows = [to_row(record) for record in records]
        erased = erasure.hashed(rows, erasure.plain_names(work, records), [])
        found_by = [erased[kind] for kind in ("nib", "nik_koperasi", "nik", "name")]
        await work.execute("withdraw_from_quarantine", order.agency, *found_by)
        await work.execute("erase_versions", order.agency, [row.key for row in rows], *found_by)
        await work.execute("erase_guests_of", order.agency, [partner])
        _, touched = await grouping.regroup(work, [], [row.key for row in rows])
        all_touched |= touched
        outcomes.append(Accepted(Effect.REMOVED, partner))
    return outcomes, all_touched
