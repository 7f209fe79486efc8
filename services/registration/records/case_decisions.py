"""What a person's decision of a case changes, in one transaction with the facts that follow from it."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from services.registration.cases import decisions
from services.registration.identity import decided_identity
from services.registration.identity.regrouping import Touched
from services.registration.identity.unit_of_work import UnitOfWork
from services.registration.intake.commands import DecideCase
from services.registration.orders import Accepted, Effect, Order, Outcome


async def decide(work: UnitOfWork, orders: Sequence[Order[DecideCase]]) -> tuple[list[Outcome], Touched]:
    """Take these decisions, which their cases allow, in the given order."""
    touched = Touched()
    for order in orders:
        touched |= await _take(work, order)
    return [Accepted(Effect.CHANGED) for _ in orders], touched


async def _take(work: UnitOfWork, order: Order[DecideCase]) -> Touched:
    case_id, decision = UUID(order.command.case_id), order.command.decision
    (case,) = await work.fetch("case_of", case_id)
    chosen = _chosen(case, order.command)
    await work.execute("decide_case" if chosen is None else "decide_some", case_id, decision, order.agency, work.now)
    others = [region for region in decisions.regions(case) if region != decision]
    match case["kind"]:
        case "region_conflict":
            await _settle_region(work, UUID(case["subject"]), decision, others)
        case "participant_claimed" if decision != decisions.regions(case)[0]:
            await _release_participant(work, case["subject"])
        case "possible_duplicate" | "conflict":
            partners = chosen or [side["partner"] for side in decisions.sides(case)]
            return await decided_identity.decide(work, case_id, list(map(UUID, partners)), same=decision == "same")
    return Touched()


def _chosen(case: asyncpg.Record, command: DecideCase) -> list[str] | None:
    """The partners that are decided about, None for all sides."""
    all_sides = [side.get("partner") for side in decisions.sides(case)]
    return sorted(set(command.partners)) if command.partners and set(command.partners) != set(all_sides) else None


async def _settle_region(work: UnitOfWork, partner: UUID, region: str, against: list[str]) -> None:
    """The partner is in this region, whatever its rows in the others say."""
    await work.load_states([partner])
    state = work.states[partner]
    state.decided_region, state.decided_against = region, against
    await work.execute("decide_region", partner, region, against)
    work.reload_rows([partner])


async def _release_participant(work: UnitOfWork, number: str) -> None:
    """What was recorded under the number is gone: it is free for the region for which it was decided."""
    for record in await work.fetch("participants", [number]):
        work.reenrolled.add(record["partner_id"])
    await work.execute("erase_participants", [number])
    await work.execute("erase_claimants", [number])
