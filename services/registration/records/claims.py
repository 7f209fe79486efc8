"""Claims: judged against the participant's versions, published again whenever those or its partner change."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec

from services.registration.identity.unit_of_work import UnitOfWork
from services.registration.intake.commands import FileClaim, TakeBack
from services.registration.intake.values import Refusal
from services.registration.orders import Accepted, Effect, Order, Outcome
from services.registration.records import participants, sent_rows, timelines
from services.registration.records.participants import Participant
from services.registration.records.sent_rows import Sent
from services.registration.records.stored_facts import NEVER, UNNUMBERED
from services.registration.records.timelines import Version
from shared.database import columns
from shared.events.claims import Claim

FINAL: Final = ("paid", "rejected")


@dataclass(slots=True)
class ClaimState:
    """A claim as kept; `fact` is the last one published, without version and time."""

    claim_id: UUID
    agency: str
    claim_ref: str
    participant_no: str | None
    programme: str
    amount: int
    status: str
    occurred_on: date
    paid_on: date | None
    version: int = 0
    fact: bytes | None = None


COLUMNS = tuple(ClaimState.__dataclass_fields__)
ByRef = dict[tuple[str, str], ClaimState]
"""(agency, claim_ref) → the claim."""


async def file_claims(work: UnitOfWork, orders: Sequence[Order[FileClaim]]) -> list[Outcome]:
    """Judge each in the given order; a claim goes from filed to paid or rejected, never back."""
    if not orders:
        return []
    found = await participants.load(work, (order.command.participant_no for order in orders))
    held = await _held(work, orders)
    outcomes: list[Outcome] = []
    changed: dict[UUID, ClaimState] = {}
    sent: list[Sent] = []
    for order in orders:
        participant = found.get(order.command.participant_no)
        before = _state_before(held.get((order.agency, order.command.claim_ref)))
        effect = _judge(work, order, participant, held)
        if isinstance(effect, Refusal):
            outcomes.append(effect)
            continue
        outcomes.append(Accepted(effect, participant.partner_id if participant else None))
        sent.append(_sent(work, order, before, effect is Effect.CHANGED))
        if effect is not Effect.UNCHANGED:
            claim = held[order.agency, order.command.claim_ref]
            changed[claim.claim_id] = claim
    await _publish(work, changed.values(), found)
    await sent_rows.note(work, sent)
    return outcomes


def _state_before(claim: ClaimState | None) -> bytes | None:
    return None if claim is None else msgspec.json.encode((claim.amount, claim.status, claim.paid_on))


def _sent(work: UnitOfWork, order: Order[FileClaim], before: bytes | None, changed: bool) -> Sent:
    key = work.vault.hash("claim", order.agency, order.command.claim_ref)
    return Sent(key, order.command.claim_ref, order.command.occurred_on, order.import_id, before, changed)


async def take_back(work: UnitOfWork, order: Order[TakeBack]) -> None:
    """Claims that the upload filed are withdrawn; those it moved on are again as they were before."""
    left = await sent_rows.without(work, order)
    refs = [each.subject for each in left]
    records = await work.fetch("claims_by_ref", [order.agency] * len(refs), refs)
    held = {record["claim_ref"]: _state(record) for record in records}
    found = await participants.load(work, (claim.participant_no for claim in held.values() if claim.participant_no))
    again, gone = [], []
    for each in left:
        claim = held.get(each.subject)
        if claim is None or each.stays:
            continue
        if each.is_gone:
            gone.append(claim)
            _withdraw(work, claim)
        else:
            claim.amount, claim.status, claim.paid_on = msgspec.json.decode(
                each.state or b"", type=tuple[int, str, date | None]
            )
            again.append(claim)
    await _publish(work, again, found)
    await work.execute("remove_claims", [claim.claim_id for claim in gone])
    sent_rows.count(work, left)


def _withdraw(work: UnitOfWork, claim: ClaimState) -> None:
    """The last fact of the claim; the same reference sent again is another claim."""
    last = msgspec.json.decode(claim.fact or b"null", type=Claim | None)
    if last is not None:
        version = claim.version + 1
        fact = msgspec.structs.replace(last, status="withdrawn", version=version, recorded_at=work.now)
        work.publish("claims", str(claim.claim_id), "claim.withdrawn", fact, version)


async def publish_again(work: UnitOfWork, numbers: Collection[str]) -> None:
    """Publish the claims of these participants again where their partner, region, segment or tenure changed."""
    records = await work.fetch("claims_of", list(numbers)) if numbers else ()
    if records:
        found = await participants.load(work, numbers)
        await _publish(work, [_state(record) for record in records], found)


async def _held(work: UnitOfWork, orders: Sequence[Order[FileClaim]]) -> ByRef:
    agencies, refs = [order.agency for order in orders], [order.command.claim_ref for order in orders]
    records = await work.fetch("claims_by_ref", agencies, refs)
    return {(record["agency"], record["claim_ref"]): _state(record) for record in records}


def _state(record: asyncpg.Record) -> ClaimState:
    return ClaimState(*(record[name] for name in COLUMNS))


def _judge(work: UnitOfWork, order: Order[FileClaim], participant: Participant | None, held: ByRef) -> Effect | Refusal:
    """Add the claim to `held`, or change it there."""
    command = order.command
    if participant is None or not work.regions.within(order.regions, participant.region):
        return participants.unknown()
    version = timelines.judge_claim(participant.history, command.programme, command.occurred_on)
    if isinstance(version, Refusal):
        return version
    if not work.regions.within(order.regions, version.region):
        return participants.unknown()
    known = held.get((order.agency, command.claim_ref))
    if known is not None:
        return _move_on(known, command)
    held[order.agency, command.claim_ref] = _new(work, order)
    return Effect.CREATED


def _new(work: UnitOfWork, order: Order[FileClaim]) -> ClaimState:
    c = order.command
    return ClaimState(
        work.ids(),
        order.agency,
        c.claim_ref,
        c.participant_no,
        c.programme,
        c.amount,
        c.status,
        c.occurred_on,
        c.paid_on,
    )


def _move_on(known: ClaimState, command: FileClaim) -> Effect | Refusal:
    same = (known.participant_no, known.programme, known.occurred_on)
    if same != (command.participant_no, command.programme, command.occurred_on):
        return Refusal(
            "conflict", "claim_ref", "This claim_ref is another claim: participant, programme or day differ."
        )
    if known.status in FINAL and command.status == "filed":
        return Effect.UNCHANGED  # it came late: a claim never goes back
    if known.status in FINAL and command.status != known.status:
        return Refusal("conflict", "status", f"This claim was already {known.status}.")
    new = (command.amount, command.status, command.paid_on or known.paid_on)
    if new == (known.amount, known.status, known.paid_on):
        return Effect.UNCHANGED
    known.amount, known.status, known.paid_on = new
    return Effect.CHANGED


async def _publish(work: UnitOfWork, claims: Iterable[ClaimState], found: Mapping[str, Participant]) -> None:
    """Publish and save those of the claims whose fact is another now."""
    saved = []
    for claim in claims:
        participant = found.get(claim.participant_no or "")
        if participant is not None and _publish_one(work, claim, participant):
            saved.append(claim)
    if saved:
        rows = [tuple(getattr(claim, name) for name in COLUMNS) for claim in saved]
        await work.execute("save_claims", *columns(rows))


def _publish_one(work: UnitOfWork, claim: ClaimState, participant: Participant) -> bool:
    """Publish the claim's fact if it is new; whether it was. An accepted claim stays accepted, whatever came after."""
    version = timelines.state_on(participant.history, claim.occurred_on)
    fact = _fact(work, claim, participant, version)
    stored = msgspec.json.encode(fact)
    if stored == claim.fact:
        return False
    claim.version, claim.fact = claim.version + 1, stored
    published = msgspec.structs.replace(fact, version=claim.version, recorded_at=work.now)
    work.publish("claims", str(claim.claim_id), f"claim.{claim.status}", published, claim.version)
    return True


def _fact(work: UnitOfWork, claim: ClaimState, participant: Participant, version: Version | None) -> Claim:
    """Region and segment are those of the day it happened; else those of the last fact."""
    last: Any = msgspec.json.decode(claim.fact, type=Claim) if claim.fact and version is None else version
    assert participant.partner_id is not None
    return Claim(
        claim_id=str(claim.claim_id),
        version=UNNUMBERED,
        partner_id=str(work.current(participant.partner_id)),
        region=last.region if last else participant.region,
        programme=claim.programme,  # type: ignore[arg-type]
        segment=last.segment if last else "PU",
        amount=claim.amount,
        status=claim.status,  # type: ignore[arg-type]
        occurred_on=claim.occurred_on,
        tenure_months=timelines.tenure_months(participant.history, claim.occurred_on),
        recorded_at=NEVER,
        agency=claim.agency,
        paid_on=claim.paid_on,
    )
