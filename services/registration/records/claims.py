"""Claims: judged against the participant's versions, told again whenever those or its partner change."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec

from services.registration.identity.unit_of_work import UnitOfWork
from services.registration.intake.commands import FileClaim
from services.registration.intake.values import Refusal
from services.registration.records import enrolments, timelines
from services.registration.records.enrolments import Participant
from services.registration.records.facts import NEVER
from services.registration.records.timelines import Version
from shared.events.claims import Claim

CREATED, CHANGED, UNCHANGED = "created", "changed", "unchanged"
FINAL: Final = ("paid", "rejected")


@dataclass(frozen=True, slots=True)
class Sent:
    """A claim as an agency sent it."""

    agency: str
    regions: tuple[str, ...]
    command: FileClaim


@dataclass(slots=True)
class Held:
    """A claim as kept; `fact` is the last one told, without version and time."""

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


COLUMNS = tuple(Held.__dataclass_fields__)


async def claim(work: UnitOfWork, sent: Sequence[Sent]) -> list[str | Refusal]:
    """Judge each in the given order; a claim held moves on from filed to paid or rejected, never back."""
    if not sent:
        return []
    participants = await enrolments.load(work, (each.command.participant_no for each in sent))
    records = await work.fetch("claims_by_ref", [s.agency for s in sent], [s.command.claim_ref for s in sent])
    held = {(record["agency"], record["claim_ref"]): _held(record) for record in records}
    fates: list[str | Refusal] = []
    changed: dict[UUID, Held] = {}
    for each in sent:
        fate = _judge(work, each, participants.get(each.command.participant_no), held)
        fates.append(fate)
        if fate in (CREATED, CHANGED):
            kept = held[each.agency, each.command.claim_ref]
            changed[kept.claim_id] = kept
    await _tell(work, changed.values(), participants)
    return fates


async def tell_again(work: UnitOfWork, moved: Iterable[str]) -> None:
    """Publish the claims of these participants again where their partner, region, segment or tenure changed."""
    numbers = list(moved)
    records = await work.fetch("claims_of", numbers) if numbers else ()
    if records:
        participants = await enrolments.load(work, numbers)
        await _tell(work, [_held(record) for record in records], participants)


def _held(record: asyncpg.Record) -> Held:
    return Held(*(record[name] for name in COLUMNS))


def _judge(
    work: UnitOfWork, each: Sent, participant: Participant | None, held: dict[tuple[str, str], Held]
) -> str | Refusal:
    command = each.command
    if participant is None or not work.regions.within(each.regions, participant.region):
        return enrolments.unknown_participant()
    version = timelines.judge_claim(participant.history, command.programme, command.occurred_on)
    if isinstance(version, Refusal):
        return version
    if not work.regions.within(each.regions, version.region):
        return enrolments.unknown_participant()
    known = held.get((each.agency, command.claim_ref))
    if known is None:
        held[each.agency, command.claim_ref] = _new(work, each)
        return CREATED
    return _move_on(known, command)


def _new(work: UnitOfWork, each: Sent) -> Held:
    c = each.command
    return Held(
        work.ids(),
        each.agency,
        c.claim_ref,
        c.participant_no,
        c.programme,
        c.amount,
        c.status,
        c.occurred_on,
        c.paid_on,
    )


def _move_on(known: Held, command: FileClaim) -> str | Refusal:
    same = (known.participant_no, known.programme, known.occurred_on)
    if same != (command.participant_no, command.programme, command.occurred_on):
        return Refusal(
            "conflict", "claim_ref", "This claim_ref is another claim: participant, programme or day differ."
        )
    if known.status in FINAL and command.status == "filed":
        return UNCHANGED  # told late; a claim never goes back
    if known.status in FINAL and command.status != known.status:
        return Refusal("conflict", "status", f"This claim was already {known.status}.")
    new = (command.amount, command.status, command.paid_on or known.paid_on)
    if new == (known.amount, known.status, known.paid_on):
        return UNCHANGED
    known.amount, known.status, known.paid_on = new
    return CHANGED


async def _tell(work: UnitOfWork, claims: Iterable[Held], participants: dict[str, Participant]) -> None:
    saved = []
    for held in claims:
        participant = participants.get(held.participant_no or "")
        if participant is not None and _tell_one(work, held, participant):
            saved.append(held)
    if saved:
        rows = [tuple(getattr(held, name) for name in COLUMNS) for held in saved]
        await work.execute("save_claims", *(list(column) for column in zip(*rows, strict=True)))


def _tell_one(work: UnitOfWork, held: Held, participant: Participant) -> bool:
    """Publish the claim's fact if it says something new. An accepted claim stays accepted, whatever came after."""
    version = timelines.state_on(participant.history, held.occurred_on)
    fact = _fact(work, held, participant, version)
    plain = msgspec.json.encode(fact)
    if plain == held.fact:
        return False
    held.version, held.fact = held.version + 1, plain
    told = msgspec.structs.replace(fact, version=held.version, recorded_at=work.now)
    work.publish("claims", str(held.claim_id), f"claim.{held.status}", told, held.version)
    return True


def _fact(work: UnitOfWork, held: Held, participant: Participant, version: Version | None) -> Claim:
    last: Any = msgspec.json.decode(held.fact, type=Claim) if held.fact and version is None else version
    assert participant.partner_id is not None
    return Claim(
        claim_id=str(held.claim_id),
        version=0,
        partner_id=str(work.current(participant.partner_id)),
        region=last.region if last else participant.region,
        programme=held.programme,  # type: ignore[arg-type]
        segment=last.segment if last else "PU",
        amount=held.amount,
        status=held.status,  # type: ignore[arg-type]
        occurred_on=held.occurred_on,
        tenure_months=timelines.tenure_months(participant.history, held.occurred_on),
        recorded_at=NEVER,
        agency=held.agency,
        paid_on=held.paid_on,
    )
