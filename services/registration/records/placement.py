"""Which partner each participant belongs to: the one that a look-up finds, else an id of its own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from services.registration.identity import former_identifiers, lookup
from services.registration.identity.regrouping import Touched
from services.registration.identity.unit_of_work import UnitOfWork
from services.registration.records import participants
from services.registration.records.participants import Participant


@dataclass(slots=True)
class _Placing:
    """A participant whose partner is looked up again, and where it belonged before. `changed`: its versions did."""

    participant: Participant
    before: tuple[UUID | None, bool, bool]
    changed: bool

    @classmethod
    def of(cls, participant: Participant, changed: bool = False) -> "_Placing":
        return cls(participant, _standing(participant), changed)

    @property
    def has_moved(self) -> bool:
        return _standing(self.participant) != self.before


def _standing(participant: Participant) -> tuple[UUID | None, bool, bool]:
    return participant.partner_id, participant.is_found, participant.is_ambiguous


async def place(work: UnitOfWork, changed: Mapping[str, Participant], touched: Touched | None) -> None:
    """Find the partners of the changed participants and of all whose partner may be another now; save what moved."""
    placings = {number: _Placing.of(participant, changed=True) for number, participant in changed.items()}
    for record in await _touched_participants(work, touched):
        placings.setdefault(record["participant_no"], _Placing.of(Participant.of(record)))
    if not placings:
        return
    await _find_partners(work, [placing.participant for placing in placings.values()])
    await _separate(work, placings)
    for placing in placings.values():
        _report(work, placing)
    await _follow_merges(work)
    await participants.save(work, [p.participant for p in placings.values() if p.changed or p.has_moved])


async def _touched_participants(work: UnitOfWork, touched: Touched | None) -> Iterable[asyncpg.Record]:
    """The participants that have an identifier of a changed group, or belong to one of its partners."""
    if touched is None or not await work.there_are("participants"):
        return ()
    return await work.fetch(
        "participants_touching",
        list(touched.nibs),
        list(touched.nik_koperasis),
        list(touched.niks),
        list(touched.names),
        list(touched.partners),
        list(touched.rows),
    )


async def _find_partners(work: UnitOfWork, waiting: list[Participant]) -> None:
    found = await lookup.look_up_all(work, [participant.keys for participant in waiting])
    known = [each.partner for each in found if each.partner]
    await work.load_states(known + [p.partner_id for p in waiting if p.partner_id])
    for participant, (partner, is_ambiguous) in zip(waiting, found, strict=True):
        participant.is_ambiguous = is_ambiguous
        _place(work, participant, work.current(partner) if partner else None)


def _place(work: UnitOfWork, participant: Participant, partner: UUID | None) -> None:
    """Give the participant this partner, or an id of its own."""
    old = work.current(participant.partner_id) if participant.partner_id else None
    if partner is None:
        participant.partner_id, participant.is_found = _own_id(work, participant, old), False
        return
    if old is not None and old != partner and not participant.is_found and not work.has_rows(old):
        elder, younger = work.by_age(old, partner)
        work.merge(younger, elder)
        partner = elder
    participant.partner_id, participant.is_found = partner, True


def _own_id(work: UnitOfWork, participant: Participant, old: UUID | None) -> UUID:
    """The id it has while no list names it: its partner's, if no row has that; else its own, or a new one."""
    if old is not None and (not participant.is_found or not work.has_rows(old)):
        return old
    own = participant.own_id
    if own is None or own not in work.states or not work.states[own].is_active or own in work.merged:
        participant.own_id = own = work.new_partner()
    return own


async def _separate(work: UnitOfWork, placings: dict[str, _Placing]) -> None:
    """Of several participants that shared an id without rows, those not found leave it once rows came to it."""
    merged = [partner for partner in {*work.merged, *work.merged.values()} if not work.states[partner].is_new]
    for record in await work.fetch("participants_of", merged) if merged else ():
        if record["participant_no"] not in placings:
            placings[record["participant_no"]] = _Placing.of(Participant.of(record))
    for participant in (placing.participant for placing in placings.values()):
        partner = work.current(participant.partner_id) if participant.partner_id else None
        if partner is not None and not participant.is_found and work.has_rows(partner):
            participant.partner_id = participant.own_id = work.new_partner()


def _report(work: UnitOfWork, placing: _Placing) -> None:
    """Let the timelines of its partners, before and now, be derived again if it changed or moved."""
    participant, before = placing.participant, placing.before[0]
    participant.partner_id = work.current(participant.partner_id) if participant.partner_id else None
    if placing.changed or participant.partner_id != before:
        partners = [partner for partner in (participant.partner_id, before) if partner is not None]
        work.move_participant(participant.participant_no, partners)


async def _follow_merges(work: UnitOfWork) -> None:
    """The rows and former identifiers of what was merged go to the survivors."""
    survivors = work.survivors()
    if survivors:
        await work.execute("move_partner", list(survivors), list(survivors.values()))
        await former_identifiers.follow(work, survivors)
        await work.load_states(survivors.values())
