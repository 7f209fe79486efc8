"""One transaction's work, from orders to facts: listings, enrolments, claims and statements, in this order."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import TypeVar, assert_never, cast

from msgspec.structs import replace

from services.registration.identity import left_out, listings
from services.registration.identity.regrouping import Touched
from services.registration.identity.unit_of_work import UnitOfWork
from services.registration.intake import day_bounds
from services.registration.intake.commands import (
    Command,
    DecideCase,
    DelistPartner,
    DerivePartner,
    Enrol,
    ErasePartner,
    FileClaim,
    LeaveOut,
    ListPartner,
    RecordAttendance,
    RecordStatement,
    SettleRows,
    TakeBack,
    WithdrawPartner,
)
from services.registration.orders import Accepted, Order, Outcome
from services.registration.records import (
    attendance,
    case_decisions,
    claims,
    derived_again,
    enrolments,
    erasure,
    facts,
    identity_cases,
    statements,
    undo,
    withdrawal,
)
from shared.jakarta import day_of

C = TypeVar("C", bound=Command)
Placed = list[tuple[int, Order[C]]]
"""Orders of some kinds of command, each with its place among all."""

Evidence = (
    ListPartner
    | DelistPartner
    | ErasePartner
    | WithdrawPartner
    | DecideCase
    | SettleRows
    | DerivePartner
    | LeaveOut
    | TakeBack
)
"""Commands that change the rows by which partners are known, or what they mean."""


@dataclass(frozen=True, slots=True)
class _ByKind:
    evidence: Placed[Evidence] = field(default_factory=list)
    enrolments: Placed[Enrol] = field(default_factory=list)
    claims: Placed[FileClaim] = field(default_factory=list)
    statements: Placed[RecordStatement] = field(default_factory=list)
    attendance: Placed[RecordAttendance] = field(default_factory=list)


async def accept(work: UnitOfWork, orders: Sequence[Order[Command]]) -> list[Outcome]:
    """Accept or refuse each order and write the facts that follow to the outbox, in the caller's transaction.

    Listings keep their order among themselves, and so do enrolments and claims; enrolments see all listings, claims
    all enrolments.
    """
    outcomes = _Outcomes(len(orders))
    by_kind = _by_kind(_with_good_days(work, orders, outcomes))
    touched = await _accept_evidence(work, by_kind.evidence, outcomes)
    outcomes.put(by_kind.enrolments, await enrolments.enrol(work, _orders(by_kind.enrolments), touched))
    if touched is not None:
        await statements.publish(work, await attendance.find_partners_again(work, touched))
    outcomes.put(by_kind.claims, await claims.file_claims(work, _orders(by_kind.claims)))
    outcomes.put(by_kind.statements, await statements.record(work, _orders(by_kind.statements)))
    attended, briefings = await attendance.record(work, _orders(by_kind.attendance))
    outcomes.put(by_kind.attendance, attended)
    await statements.publish(work, {order.command.key for _, order in by_kind.statements} | briefings)
    await _publish_facts(work)
    if touched is not None:
        await identity_cases.review(work, touched)
    return [_final(work, outcome) for outcome in outcomes.all()]


async def _publish_facts(work: UnitOfWork) -> None:
    partners = await facts.publish(work)
    await attendance.stand_again(work, partners)
    await claims.publish_again(work, work.changed_participants)
    await work.save(partners)


def _with_good_days(
    work: UnitOfWork, orders: Sequence[Order[Command]], outcomes: "_Outcomes"
) -> Iterator[tuple[int, Order[Command]]]:
    """The orders in their places, but for those whose days lie outside the bounds: these are refused."""
    last_day = day_bounds.year_ahead(day_of(work.now))
    for at, order in enumerate(orders):
        refusal = day_bounds.refusal(order.command, last_day)
        if refusal is None:
            yield at, order
        else:
            outcomes.put([(at, order)], [refusal])


def _by_kind(placed: Iterable[tuple[int, Order[Command]]]) -> _ByKind:
    """The orders by what handles them; type checking fails for a command that nothing handles."""
    found = _ByKind()
    for at, order in placed:
        match order.command:
            case (
                ListPartner()
                | DelistPartner()
                | ErasePartner()
                | WithdrawPartner()
                | DecideCase()
                | SettleRows()
                | DerivePartner()
                | LeaveOut()
                | TakeBack()
            ):
                found.evidence.append((at, cast("Order[Evidence]", order)))
            case Enrol():
                found.enrolments.append((at, cast("Order[Enrol]", order)))
            case FileClaim():
                found.claims.append((at, cast("Order[FileClaim]", order)))
            case RecordStatement():
                found.statements.append((at, cast("Order[RecordStatement]", order)))
            case RecordAttendance():
                found.attendance.append((at, cast("Order[RecordAttendance]", order)))
            case unhandled:
                assert_never(unhandled)
    return found


async def _accept_evidence(work: UnitOfWork, placed: Placed[Evidence], outcomes: "_Outcomes") -> Touched | None:
    """Runs of one kind, one after the other; what all of them touched, None if there are none."""
    all_touched: Touched | None = None
    for _, run in groupby(placed, key=lambda each: type(each[1].command)):
        same = list(run)
        found, touched = await _accept_run(work, _orders(same))
        outcomes.put(same, found)
        all_touched = touched if all_touched is None else all_touched | touched
    return all_touched


async def _accept_run(work: UnitOfWork, orders: list[Order[Evidence]]) -> tuple[list[Outcome], Touched]:
    match orders[0].command:
        case ListPartner():
            return await listings.list_partners(work, cast("list[Order[ListPartner]]", orders))
        case DelistPartner():
            return await listings.delist_partners(work, cast("list[Order[DelistPartner]]", orders))
        case ErasePartner():
            return await erasure.erase(work, cast("list[Order[ErasePartner]]", orders))
        case WithdrawPartner():
            return await withdrawal.withdraw(work, cast("list[Order[WithdrawPartner]]", orders))
        case DecideCase():
            return await case_decisions.decide(work, cast("list[Order[DecideCase]]", orders))
        case DerivePartner():
            return await derived_again.derive(work, cast("list[Order[DerivePartner]]", orders))
        case LeaveOut():
            return await left_out.leave_out(work, cast("list[Order[LeaveOut]]", orders))
        case TakeBack():
            return await undo.take_back(work, cast("list[Order[TakeBack]]", orders))
        case SettleRows():
            return await listings.settle(work, cast("list[Order[SettleRows]]", orders))
        case unhandled:
            assert_never(unhandled)


def _orders(placed: Placed[C]) -> list[Order[C]]:
    return [order for _, order in placed]


def _final(work: UnitOfWork, outcome: Outcome) -> Outcome:
    """The outcome with the partner that answers at the end of the transaction."""
    if isinstance(outcome, Accepted) and outcome.partner in work.merged:
        return replace(outcome, partner=work.current(outcome.partner))
    return outcome


class _Outcomes:
    """The outcome of each order in its place; an order without one is an error of ours, not an accepted order."""

    def __init__(self, count: int) -> None:
        self._outcomes: list[Outcome | None] = [None] * count

    def put(self, placed: Placed[C], outcomes: Sequence[Outcome]) -> None:
        for (at, _), outcome in zip(placed, outcomes, strict=True):
            self._outcomes[at] = outcome

    def all(self) -> list[Outcome]:
        outcomes = [outcome for outcome in self._outcomes if outcome is not None]
        if len(outcomes) != len(self._outcomes):
            raise AssertionError("an order has no outcome")
        return outcomes
