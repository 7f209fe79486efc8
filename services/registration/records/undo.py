"""An upload is taken back, each kind in its own way."""

from collections.abc import Sequence

from services.registration.identity import taking_back
from services.registration.identity.regrouping import Touched
from services.registration.identity.unit_of_work import UnitOfWork
from services.registration.intake.commands import TakeBack
from services.registration.orders import Accepted, Effect, Order, Outcome
from services.registration.records import attendance, claims, statements, undone_enrolments


async def take_back(work: UnitOfWork, orders: Sequence[Order[TakeBack]]) -> tuple[list[Outcome], Touched]:
    """Take these rows back; what the change of listings reaches is returned."""
    touched = Touched()
    for order in orders:
        match order.command.kind:
            case "enrollments":
                await undone_enrolments.take_back(work, order)
            case "claims":
                await claims.take_back(work, order)
            case "attendance":
                await statements.publish(work, await attendance.take_back(work, order))
            case "targets" | "briefings" | "agreements":
                await statements.take_back(work, order)
            case _:
                touched |= await taking_back.take_back(work, order)
    return [Accepted(Effect.REMOVED) for _ in orders], touched
