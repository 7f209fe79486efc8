"""Participant numbers that an office needs for a partner of its region while they are another office's participant."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from services.registration.cases.open_cases import Case, open_cases
from services.registration.identity import lookup
from services.registration.identity.keys import Keys
from services.registration.identity.unit_of_work import UnitOfWork
from services.registration.intake.commands import Enrol
from services.registration.orders import Order
from services.registration.records.participants import Participant

KIND: Final = "participant_claimed"


@dataclass(frozen=True, slots=True)
class ShutOut:
    """An enrolment that is refused since its number is a participant elsewhere; `keys` mean its partner."""

    participant: Participant
    order: Order[Enrol]
    keys: Keys


async def present_regions(work: UnitOfWork, partners: Collection[UUID]) -> Mapping[UUID, str | None]:
    """The present region of each of these partners, as of now in this transaction; None where none is known."""
    current = {partner: work.current(partner) for partner in partners}
    await work.load_states(current.values())
    await work.load_agencies(current.values())
    return {partner: _present(work, answering) for partner, answering in current.items()}


def _present(work: UnitOfWork, partner: UUID) -> str | None:
    return work.authority(partner).region if work.rows.get(partner) else work.states[partner].region


async def open_cases_of(work: UnitOfWork, shut_out: Sequence[ShutOut]) -> None:
    """A case for each number that the office of a listed partner's region was refused, whoever has both regions."""
    if not shut_out:
        return
    found = await lookup.find(work, [each.keys for each in shut_out])
    partners = [work.current(partner) if partner else None for partner in found]
    regions = await present_regions(work, {partner for partner in partners if partner})
    cases = {
        each.participant.participant_no: _case(work, each, region)
        for each, partner in zip(shut_out, partners, strict=True)
        if partner and (region := regions[partner]) and work.regions.within(each.order.regions, region)
    }
    await open_cases(work.db, list(cases.values()), work.now)


def _case(work: UnitOfWork, shut_out: ShutOut, region: str) -> Case:
    """The side that has the number comes first."""
    held = shut_out.participant
    holder = {"region": held.region, "agencies": sorted({version.agency for version in held.history})}
    claimant = {"region": region, "agencies": [shut_out.order.agency]}
    return Case(work.ids(), KIND, held.participant_no, [holder, claimant])
