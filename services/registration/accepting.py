"""One transaction's work, start to end: listings, enrolments, claims and statements are taken, then told as facts."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, TypeVar
from uuid import UUID

from services.registration import claiming, enrolling, erasing, facts, listing, stating
from services.registration.commands import Attended, Claimed, Command, Delisted, Enrolled, Erased, Listed, Stated
from services.registration.grouping import Regrouping
from services.registration.values import Refusal
from services.registration.work import Work


@dataclass(frozen=True, slots=True)
class Order:
    """A command and who gave it."""

    agency: str
    regions: tuple[str, ...]
    command: Command
    import_id: UUID | None = None


@dataclass(slots=True)
class Outcome:
    """A refusal, or what became of the order (`new`, `unchanged`, …) and the partner it is about."""

    refusal: Refusal | None = None
    fate: str = ""
    partner: UUID | None = None


async def accept(work: Work, orders: Sequence[Order]) -> list[Outcome]:
    """Take the orders and write their facts to the outbox; everything or nothing, with the caller's transaction.

    A rehearsal ends where the facts would be told: what becomes of each order is known by then.

    Listings keep their order among themselves, and so do enrolments and claims; enrolments see all listings, claims
    see all enrolments.
    """
    outcomes = [Outcome() for _ in orders]
    regrouping = await _take_evidence(work, orders, outcomes)
    await _take_enrolments(work, orders, outcomes, regrouping)
    if regrouping is not None:
        await stating.look_again(work, regrouping)
    await _take_claims(work, orders, outcomes)
    await _take_statements(work, orders, outcomes)
    if not work.rehearsal:
        touched = await facts.fold(work)
        await claiming.tell_again(work, work.moved_participants)
        await work.save(touched)
    for outcome in outcomes:
        outcome.partner = work.current(outcome.partner) if outcome.partner else None
    return outcomes


async def _take_evidence(work: Work, orders: Sequence[Order], outcomes: list[Outcome]) -> Regrouping | None:
    """Listings, delistings and erasures, in runs of a kind."""
    kinds = (Listed, Delisted, Erased)
    concerned = [at for at, order in enumerate(orders) if isinstance(order.command, kinds)]
    together: Regrouping | None = None
    for kind, run in groupby(concerned, key=lambda at: type(orders[at].command)):
        positions = list(run)
        if kind is Erased:
            regrouping = await _erase(work, [orders[at] for at in positions])
        else:
            sent = [_sent(orders[at]) for at in positions]
            fates, regrouping = await (listing.take if kind is Listed else listing.drop)(work, sent)
            for at, (fate, partner) in zip(positions, fates, strict=True):
                _record(outcomes[at], fate, partner)
        together = regrouping if together is None else together.with_others(regrouping)
    return together


def _sent(order: Order) -> listing.Sent:
    assert isinstance(order.command, Listed | Delisted)
    return listing.Sent(order.agency, order.regions, order.command, order.import_id)


async def _erase(work: Work, orders: Sequence[Order]) -> Regrouping:
    return await erasing.erase(work, [UUID(o.command.partner_id) for o in orders if isinstance(o.command, Erased)])


async def _take_enrolments(
    work: Work, orders: Sequence[Order], outcomes: list[Outcome], regrouping: Regrouping | None
) -> None:
    positions = _of(orders, Enrolled)
    sent = [enrolling.Sent(orders[at].agency, orders[at].regions, _command(orders[at], Enrolled)) for at in positions]
    fates, changed = await enrolling.enrol(work, sent)
    await enrolling.settle(work, changed, regrouping)
    partners = await _partners_of(work, [each.command.participant_no for each in sent])
    for at, each, fate in zip(positions, sent, fates, strict=True):
        _record(outcomes[at], fate, partners.get(each.command.participant_no))


async def _take_claims(work: Work, orders: Sequence[Order], outcomes: list[Outcome]) -> None:
    positions = _of(orders, Claimed)
    sent = [claiming.Sent(orders[at].agency, orders[at].regions, _command(orders[at], Claimed)) for at in positions]
    fates = await claiming.claim(work, sent)
    partners = await _partners_of(work, [each.command.participant_no for each in sent])
    for at, each, fate in zip(positions, sent, fates, strict=True):
        _record(outcomes[at], fate, partners.get(each.command.participant_no))


async def _take_statements(work: Work, orders: Sequence[Order], outcomes: list[Outcome]) -> None:
    positions = [at for at, order in enumerate(orders) if isinstance(order.command, Stated | Attended)]
    sent = [stating.Sent(orders[at].agency, orders[at].regions, _statement(orders[at])) for at in positions]
    for at, fate in zip(positions, await stating.state(work, sent), strict=True):
        _record(outcomes[at], fate, None)


def _statement(order: Order) -> Stated | Attended:
    assert isinstance(order.command, Stated | Attended)
    return order.command


def _of(orders: Sequence[Order], kind: type) -> list[int]:
    return [at for at, order in enumerate(orders) if isinstance(order.command, kind)]


C = TypeVar("C")


def _command(order: Order, kind: type[C]) -> C:
    command: Any = order.command
    assert isinstance(command, kind)
    return command


def _record(outcome: Outcome, fate: str | Refusal, partner: UUID | None) -> None:
    if isinstance(fate, Refusal):
        outcome.refusal = fate
    else:
        outcome.fate, outcome.partner = fate, partner


async def _partners_of(work: Work, numbers: Sequence[str]) -> dict[str, UUID]:
    records = await work.fetch("partners_of_participants", list(set(numbers))) if numbers else ()
    return {record["participant_no"]: record["partner_id"] for record in records}
