"""Partners whose facts are derived anew though nothing was sent of them: the rule of deriving them changed."""

from collections.abc import Sequence
from uuid import UUID

from services.registration.identity.regrouping import Touched
from services.registration.identity.unit_of_work import UnitOfWork
from services.registration.intake.commands import DerivePartner
from services.registration.orders import Accepted, Effect, Order, Outcome


async def derive(work: UnitOfWork, orders: Sequence[Order[DerivePartner]]) -> tuple[list[Outcome], Touched]:
    """Let the facts of these partners be derived from their rows as they are, but for those merged or erased."""
    partners = [UUID(order.command.partner_id) for order in orders]
    await work.load_states(partners)
    work.reload_rows(partner for partner in partners if work.states[partner].is_active)
    return [Accepted(Effect.UNCHANGED, partner) for partner in partners], Touched()
