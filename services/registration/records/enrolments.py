"""Enrolments: each is judged against the versions of its participant, which then finds its partner."""

from collections.abc import Sequence

from services.registration.identity import lookup
from services.registration.identity.keys import Keys
from services.registration.identity.lookup import Mention
from services.registration.identity.regrouping import Touched
from services.registration.identity.unit_of_work import UnitOfWork
from services.registration.intake.commands import Enrol, Heads
from services.registration.intake.values import Refusal
from services.registration.orders import Accepted, Effect, Order, Outcome
from services.registration.records import participants, placement, timelines
from services.registration.records.participants import Participant
from services.registration.records.timelines import Version
from shared.events.model import Workers
from shared.turns import in_turns


async def enrol(work: UnitOfWork, orders: Sequence[Order[Enrol]], touched: Touched | None) -> list[Outcome]:
    """Judge each in the given order, then find the partners of the participants that changed or were touched."""
    effects, changed = await _judge(work, orders)
    await placement.place(work, changed, touched)
    numbers = [order.command.participant_no for order in orders]
    partners = await participants.partner_ids(work, numbers)
    return [
        effect if isinstance(effect, Refusal) else Accepted(effect, partners.get(number))
        for effect, number in zip(effects, numbers, strict=True)
    ]


async def _judge(
    work: UnitOfWork, orders: Sequence[Order[Enrol]]
) -> tuple[list[Effect | Refusal], dict[str, Participant]]:
    """The effect of each order, and the participants whose versions changed."""
    if not orders:
        return [], {}
    held = await participants.load(work, (order.command.participant_no for order in orders))
    keys = await lookup.anchored_keys(work, [_mention(order) for order in orders])
    effects: list[Effect | Refusal] = []
    changed: dict[str, Participant] = {}
    async for order, found in in_turns(zip(orders, keys, strict=True)):
        effects.append(found if isinstance(found, Refusal) else _take(work, order, found, held, changed))
    return effects, changed


def _mention(order: Order[Enrol]) -> Mention:
    return Mention(order.agency, order.regions, order.command.partner, order.command.region)


def _may_change(work: UnitOfWork, order: Order[Enrol], participant: Participant | None) -> bool:
    """No agency changes a participant outside its regions, nor learns whether there is one."""
    if participant is None:
        return not order.command.lapses
    return work.regions.within(order.regions, participant.region)


def _take(
    work: UnitOfWork, order: Order[Enrol], keys: Keys, held: dict[str, Participant], changed: dict[str, Participant]
) -> Effect | Refusal:
    """Add the version to its participant in `held`, and the participant to `changed` if that changed it."""
    number = order.command.participant_no
    participant = held.get(number)
    if not _may_change(work, order, participant):
        return participants.unknown()
    before = participant.history if participant else ()
    history, refusal = timelines.judge(before, _version(order, keys, participant))
    if refusal is not None:
        return refusal
    if history is before:
        return Effect.UNCHANGED
    newest = next((version for version in reversed(history) if not version.lapses), history[-1])
    if participant is None:
        participant = held[number] = Participant(number, None, None, False, newest.region, keys, history)
    participant.history, participant.region = history, newest.region
    participant.keys = newest.keys or participant.keys
    changed[number] = participant
    return Effect.CHANGED if before else Effect.CREATED


def _version(order: Order[Enrol], keys: Keys, participant: Participant | None) -> Version:
    command = order.command
    return Version(
        effective_on=command.effective_on,
        until=command.until,
        region=command.region or (participant.region if participant else ""),
        segment=command.segment,
        programmes=command.programmes,
        workers=_workers(command.heads),
        scale=command.scale,
        keys=None if command.lapses else keys,
        agency=order.agency,
    )


def _workers(heads: Heads) -> Workers:
    """An enrolment's workers are always split: a bare total counts as labour, no number at all as none."""
    if (heads.management, heads.staff, heads.labour) == (None, None, None):
        return Workers(labour=heads.total or 0)
    return Workers(heads.management or 0, heads.staff or 0, heads.labour or 0)
