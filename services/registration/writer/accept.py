"""One transaction's work, start to end: listings, enrolments, claims and statements are taken, then told as facts."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, TypeVar
from uuid import UUID

from services.registration.identity import listings
from services.registration.identity.grouping import Regrouping
from services.registration.identity.unit_of_work import UnitOfWork
from services.registration.intake.commands import (
    Command,
    DelistPartner,
    Enrol,
    ErasePartner,
    FileClaim,
    ListPartner,
    RecordAttendance,
    RecordStatement,
)
from services.registration.intake.values import Refusal
from services.registration.records import claims, enrolments, erasure, facts, statements


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


async def accept(work: UnitOfWork, orders: Sequence[Order]) -> list[Outcome]:
    """Take the orders and write their facts to the outbox; everything or nothing, with the caller's transaction.

    A rehearsal ends where the facts would be told: what becomes of each order is known by then.

    Listings keep their order among themselves, and so do enrolments and claims; enrolments see all listings, claims
    see all enrolments.
    """
    outcomes = [Outcome() for _ in orders]
    regrouping = await _take_evidence(work, orders, outcomes)
    await _take_enrolments(work, orders, outcomes, regrouping)
    if regrouping is not None:
        await statements.look_again(work, regrouping)
    await _take_claims(work, orders, outcomes)
    await _take_statements(work, orders, outcomes)
    if not work.rehearsal:
        touched = await facts.fold(work)
        await claims.tell_again(work, work.moved_participants)
        await work.save(touched)
    for outcome in outcomes:
        outcome.partner = work.current(outcome.partner) if outcome.partner else None
    return outcomes


async def _take_evidence(work: UnitOfWork, orders: Sequence[Order], outcomes: list[Outcome]) -> Regrouping | None:
    """Listings, delistings and erasures, in runs of a kind."""
    kinds = (ListPartner, DelistPartner, ErasePartner)
    concerned = [at for at, order in enumerate(orders) if isinstance(order.command, kinds)]
    together: Regrouping | None = None
    for kind, run in groupby(concerned, key=lambda at: type(orders[at].command)):
        positions = list(run)
        if kind is ErasePartner:
            regrouping = await _erase(work, [orders[at] for at in positions])
        else:
            sent = [_sent(orders[at]) for at in positions]
            fates, regrouping = await (listings.take if kind is ListPartner else listings.drop)(work, sent)
            for at, (fate, partner) in zip(positions, fates, strict=True):
                _record(outcomes[at], fate, partner)
        together = regrouping if together is None else together.with_others(regrouping)
    return together


def _sent(order: Order) -> listings.Sent:
    assert isinstance(order.command, ListPartner | DelistPartner)
    return listings.Sent(order.agency, order.regions, order.command, order.import_id)


async def _erase(work: UnitOfWork, orders: Sequence[Order]) -> Regrouping:
    return await erasure.erase(
        work, [UUID(o.command.partner_id) for o in orders if isinstance(o.command, ErasePartner)]
    )


async def _take_enrolments(
    work: UnitOfWork, orders: Sequence[Order], outcomes: list[Outcome], regrouping: Regrouping | None
) -> None:
    positions = _of(orders, Enrol)
    sent = [enrolments.Sent(orders[at].agency, orders[at].regions, _command(orders[at], Enrol)) for at in positions]
    fates, changed = await enrolments.enrol(work, sent)
    await enrolments.settle(work, changed, regrouping)
    partners = await _partners_of(work, [each.command.participant_no for each in sent])
    for at, each, fate in zip(positions, sent, fates, strict=True):
        _record(outcomes[at], fate, partners.get(each.command.participant_no))


async def _take_claims(work: UnitOfWork, orders: Sequence[Order], outcomes: list[Outcome]) -> None:
    positions = _of(orders, FileClaim)
    sent = [claims.Sent(orders[at].agency, orders[at].regions, _command(orders[at], FileClaim)) for at in positions]
    fates = await claims.claim(work, sent)
    partners = await _partners_of(work, [each.command.participant_no for each in sent])
    for at, each, fate in zip(positions, sent, fates, strict=True):
        _record(outcomes[at], fate, partners.get(each.command.participant_no))


async def _take_statements(work: UnitOfWork, orders: Sequence[Order], outcomes: list[Outcome]) -> None:
    positions = [at for at, order in enumerate(orders) if isinstance(order.command, RecordStatement | RecordAttendance)]
    sent = [statements.Sent(orders[at].agency, orders[at].regions, _statement(orders[at])) for at in positions]
    for at, fate in zip(positions, await statements.state(work, sent), strict=True):
        _record(outcomes[at], fate, None)


def _statement(order: Order) -> RecordStatement | RecordAttendance:
    assert isinstance(order.command, RecordStatement | RecordAttendance)
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


async def _partners_of(work: UnitOfWork, numbers: Sequence[str]) -> dict[str, UUID]:
    records = await work.fetch("partners_of_participants", list(set(numbers))) if numbers else ()
    return {record["participant_no"]: record["partner_id"] for record in records}
