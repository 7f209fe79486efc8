"""Enrolments: each is judged against the versions of its participant, which then finds its partner."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast
from uuid import UUID

from services.registration.cases.open_cases import decided
from services.registration.identity import cooperatives, lookup
from services.registration.identity.keys import Keys
from services.registration.identity.lookup import Mention
from services.registration.identity.regrouping import Touched
from services.registration.identity.unit_of_work import UnitOfWork
from services.registration.intake.commands import Enrol, Heads
from services.registration.intake.values import Refusal
from services.registration.orders import Accepted, Effect, Order, Outcome
from services.registration.records import (
    claimed_numbers,
    participants,
    placement,
    sent_rows,
    timelines,
    undone_enrolments,
)
from services.registration.records.claimed_numbers import ShutOut, present_regions
from services.registration.records.participants import Participant
from services.registration.records.sent_rows import Sent
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


@dataclass(slots=True)
class _Run:
    """What the orders of a run find and change."""

    held: dict[str, Participant]
    """The participants they name."""
    regions: Mapping[UUID, str | None]
    """The present regions of the partners of these."""
    reserved: Mapping[str, str]
    """The region for which a number that nobody has was decided to be."""
    changed: dict[str, Participant] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)
    shut_out: list[ShutOut] = field(default_factory=list)


async def _judge(
    work: UnitOfWork, orders: Sequence[Order[Enrol]]
) -> tuple[list[Effect | Refusal], dict[str, Participant]]:
    """The effect of each order, and the participants whose versions changed."""
    if not orders:
        return [], {}
    run = await _load(work, [order.command.participant_no for order in orders])
    keys = await lookup.anchored_keys(work, [_mention(order) for order in orders])
    channels = await cooperatives.find(work, _channels(orders))
    effects: list[Effect | Refusal] = []
    async for at, (order, found) in in_turns(enumerate(zip(orders, keys, strict=True))):
        channel = channels.get(at)
        refusal = next((each for each in (found, channel) if isinstance(each, Refusal)), None)
        effects.append(refusal or _take(work, order, cast(Keys, found), cast("UUID | None", channel), run))
    await claimed_numbers.open_cases_of(work, run.shut_out)
    await sent_rows.note(work, run.sent)
    return effects, run.changed


async def _load(work: UnitOfWork, numbers: Sequence[str]) -> _Run:
    held = await participants.load(work, numbers)
    regions = await present_regions(work, {each.partner_id for each in held.values() if each.partner_id})
    free = {number for number in numbers if number not in held}
    return _Run(held, regions, await decided(work.db, claimed_numbers.KIND, free))


def _mention(order: Order[Enrol]) -> Mention:
    command = order.command
    return Mention(
        order.agency, order.regions, command.partner, command.region, contact=command.contact, of_office=True
    )


def _channels(orders: Sequence[Order[Enrol]]) -> dict[int, Mention]:
    return {
        at: Mention(order.agency, order.regions, named, order.command.region, of_office=True)
        for at, order in enumerate(orders)
        if (named := order.command.cooperative) is not None
    }


def _may_change(work: UnitOfWork, order: Order[Enrol], participant: Participant | None, run: _Run) -> bool:
    """The office where it is a participant may, and the office of its partner's region; nobody else, nor learns of it.

    A number that nobody has is anybody's to register, unless it was decided for the offices of a region.
    """
    if participant is None:
        region = run.reserved.get(order.command.participant_no)
        return not order.command.lapses and (region is None or work.regions.within(order.regions, region))
    of_partner = run.regions.get(participant.partner_id) if participant.partner_id else None
    return any(work.regions.within(order.regions, region or "") for region in (participant.region, of_partner))


def _take(work: UnitOfWork, order: Order[Enrol], keys: Keys, channel: UUID | None, run: _Run) -> Effect | Refusal:
    """Add the version to its participant in the run, and the participant to `changed` if that changed it."""
    number = order.command.participant_no
    participant = run.held.get(number)
    if not _may_change(work, order, participant, run):
        if participant is not None and not order.command.lapses:
            run.shut_out.append(ShutOut(participant, order, keys))
        return participants.unknown()
    before = participant.history if participant else ()
    history, refusal = timelines.judge(before, _version(order, keys, channel, participant))
    if refusal is not None:
        return refusal
    run.sent.append(undone_enrolments.sent(work, order, before, history is not before))
    if history is before:
        return Effect.UNCHANGED
    if participant is None:
        participant = run.held[number] = Participant(number, None, None, False, "", keys, history)
    participant.follow(history)
    run.changed[number] = participant
    return Effect.CHANGED if before else Effect.CREATED


def _version(order: Order[Enrol], keys: Keys, channel: UUID | None, participant: Participant | None) -> Version:
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
        channel=channel,
    )


def _workers(heads: Heads) -> Workers:
    """An enrolment's workers are always split: a bare total counts as labour, no number at all as none."""
    if (heads.management, heads.staff, heads.labour) == (None, None, None):
        return Workers(labour=heads.total or 0)
    return Workers(heads.management or 0, heads.staff or 0, heads.labour or 0)
