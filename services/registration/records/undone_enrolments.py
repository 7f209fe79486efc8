"""Enrolments that an upload sent are taken back: a version goes, or says again what it said before."""

from datetime import date

import msgspec

from services.registration.identity.unit_of_work import UnitOfWork
from services.registration.intake.commands import Enrol, TakeBack
from services.registration.orders import Order
from services.registration.records import participants, placement, sent_rows
from services.registration.records.participants import Participant
from services.registration.records.sent_rows import Left, Sent
from services.registration.records.timelines import History, Version


def sent(work: UnitOfWork, order: Order[Enrol], before: History, changed: bool) -> Sent:
    """The version of this day as sent, `before` the versions until then."""
    number, day = order.command.participant_no, order.command.effective_on
    held = next((version for version in before if version.effective_on == day), None)
    state = None if held is None else msgspec.json.encode(held)
    return Sent(work.vault.hash("enrolment", number, day), number, day, order.import_id, state, changed)


async def take_back(work: UnitOfWork, order: Order[TakeBack]) -> None:
    """The participants' timelines without these versions; a participant without any other is gone."""
    left = await sent_rows.without(work, order)
    held = await participants.load(work, (each.subject for each in left))
    changed: dict[str, Participant] = {}
    for each in left:
        participant = held.get(each.subject)
        if participant is not None and not each.stays:
            participant.history = _without(participant.history, each.day, each)
            changed[each.subject] = participant
    gone = [number for number, participant in changed.items() if not participant.history]
    for number in gone:
        partner = changed.pop(number).partner_id
        work.move_participant(number, [partner] if partner is not None else [])
    await work.execute("erase_participants", gone)
    for participant in changed.values():
        participant.follow(participant.history)
    await placement.place(work, changed, None)
    sent_rows.count(work, left)


def _without(history: History, day: date, left: Left) -> History:
    again = () if left.state is None else (msgspec.json.decode(left.state, type=Version),)
    before = tuple(version for version in history if version.effective_on < day)
    return (*before, *again, *(version for version in history if version.effective_on > day))
