"""What the touched partners are now → the facts that say so, each only if it says something new."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from services.registration.identity import profile
from services.registration.identity.evidence import to_row
from services.registration.identity.profile import Profile, Row
from services.registration.identity.unit_of_work import PartnerState, UnitOfWork
from services.registration.intake.commands import ContactDetails
from services.registration.records import enrolments, timelines
from services.registration.records.enrolments import Participant
from services.registration.records.timelines import Version
from shared.events.contacts import Contact
from shared.events.enrollments import Enrollment
from shared.events.model import Kind, Scale
from shared.events.partners import Partner

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands for recorded_at in the stored form of a fact, which has neither time nor version."""

_PARTNER = msgspec.json.Decoder(Partner)
_ENROLLMENT = msgspec.json.Decoder(Enrollment)


async def fold(work: UnitOfWork) -> set[UUID]:
    """Fold every touched partner again and publish what changed; returns the partners touched."""
    await _move_members(work)
    touched = work.regrouped | work.moved_timelines
    await work.known(touched)
    touched |= await _later_answers(work)
    await _load_rows(work)
    participants = await enrolments.histories(work, touched)
    details = await _details(work)
    for partner in sorted(touched):
        state = work.states[partner]
        state.merged_into = work.current(state.merged_into) if state.merged_into else None
        if not (state.fresh and state.status == "merged"):
            _fold_one(work, state, participants.get(partner, []), details)
    await _keep_periods(work, touched)
    return touched


async def _move_members(work: UnitOfWork) -> None:
    if work.became:
        pairs = [(loser, work.current(loser)) for loser in work.became]
        rows = await work.fetch("move_cooperatives", [loser for loser, _ in pairs], [to for _, to in pairs])
        for row in rows:
            work.groups.pop(row["partner_id"], None)
            work.regrouped.add(row["partner_id"])


async def _later_answers(work: UnitOfWork) -> set[UUID]:
    """Ids merged earlier into one merged now: their answer moves on."""
    if not work.became:
        return set()
    earlier = {row["partner_id"] for row in await work.fetch("merged_into", list(work.became))}
    await work.known(earlier)
    for partner in earlier:
        state = work.states[partner]
        state.merged_into = work.current(state.merged_into or partner)
    work.regrouped |= earlier
    return earlier


async def _load_rows(work: UnitOfWork) -> None:
    missing = [p for p in work.regrouped if p not in work.groups and work.states[p].status == "active"]
    for partner in missing:
        work.groups[partner] = []
    for record in await work.fetch("evidence_of_partners", missing) if missing else ():
        work.groups[record["partner_id"]].append(to_row(record))
        work.said[record["key"]] = work.vault.open(record["sealed"])


async def _details(work: UnitOfWork) -> dict[UUID, dict[str, Any]]:
    """The personal details in every row of the regrouped partners."""
    wanted = [row.key for partner in work.regrouped for row in work.groups.get(partner, ())]
    missing = [key for key in wanted if key not in work.said]
    for record in await work.fetch("sealed_evidence", missing) if missing else ():
        work.said[record["key"]] = work.vault.open(record["sealed"])
    return work.said


def _fold_one(
    work: UnitOfWork, state: PartnerState, participants: Sequence[Participant], said: dict[UUID, dict[str, Any]]
) -> None:
    listed = _profile(work, state)
    if state.partner_id in work.regrouped and listed is not None:
        _tell_partner(work, state, listed)
        _tell_contact(work, state, said)
    held = [] if state.status != "active" else participants
    if held or state.enrollment_fact is not None:
        _tell_enrollment(work, state, listed, held)


def _profile(work: UnitOfWork, state: PartnerState) -> Profile | None:
    """What the partner is: by its rows; by its last fact if it has none any more; None if no list ever named it."""
    rows = work.groups.get(state.partner_id)
    if state.status == "active" and rows:
        return profile.fold(rows)
    if state.fact is None:
        return None if state.status == "active" else _merged_unlisted(work, state)
    last = _PARTNER.decode(state.fact)
    stays = state.status == "active" and state.partner_id not in work.regrouped
    return Profile(
        last.region,
        last.kind,
        last.scale,
        last.occupation,
        UUID(last.cooperative_id) if last.cooperative_id else None,
        last.workers,
        last.lists if stays else (),
        last.listed_on if stays else None,
    )


def _merged_unlisted(work: UnitOfWork, state: PartnerState) -> Profile:
    """A participant's own id that now answers as a listed partner: what is known of it is its last timeline."""
    last = _ENROLLMENT.decode(state.enrollment_fact) if state.enrollment_fact else None
    region = last.periods[-1].region if last and last.periods else state.region or "ID"
    return Profile(region, last.kind if last else "business")


def _tell_partner(work: UnitOfWork, state: PartnerState, profile: Profile) -> None:
    merged_into = str(state.merged_into) if state.merged_into else None
    fact = Partner(
        partner_id=str(state.partner_id),
        version=0,
        status=state.status,  # type: ignore[arg-type]
        region=profile.region,
        kind=profile.kind,
        recorded_at=NEVER,
        merged_into=merged_into,
        scale=profile.scale,
        occupation=profile.occupation,
        cooperative_id=_cooperative(work, profile),
        workers=profile.workers,
        lists=profile.lists,
        listed_on=profile.listed_on,
    )
    plain = msgspec.json.encode(fact)
    state.region = profile.region
    if plain == state.fact:
        return
    kind = _partner_type(state, profile)
    state.version, state.fact, state.listed_on = state.version + 1, plain, profile.listed_on
    told = msgspec.structs.replace(fact, version=state.version, recorded_at=work.now)
    work.publish("partners", str(state.partner_id), kind, told, state.version)


def _cooperative(work: UnitOfWork, profile: Profile) -> str | None:
    return str(work.current(profile.cooperative)) if profile.cooperative else None


def _partner_type(state: PartnerState, profile: Profile) -> str:
    if state.status != "active":
        return f"partner.{state.status}"
    if profile.listed_on is None:
        return "partner.delisted"
    return "partner.updated" if state.listed_on is not None else "partner.listed"


def _tell_contact(work: UnitOfWork, state: PartnerState, said: dict[UUID, dict[str, Any]]) -> None:
    rows = work.groups.get(state.partner_id, []) if state.status == "active" else []
    key = str(state.partner_id)
    if not rows:
        if state.contact_digest is not None:
            state.contact_version, state.contact_digest = state.contact_version + 1, None
            work.publish("contacts", key, "contact.changed", None, state.contact_version)
        return
    name, details = profile.fold_contact([_spoken(said[row.key]) for row in profile.in_time(rows)])
    digest = work.vault.hash("contact", key, name, details.person, details.phone, details.email, details.language)
    if digest == state.contact_digest:
        return
    state.contact_version, state.contact_digest = state.contact_version + 1, digest
    contact = Contact(
        partner_id=key,
        version=state.contact_version,
        name=name,
        recorded_at=work.now,
        contact_person=details.person,
        phone=details.phone,
        email=details.email,
        language="en" if details.language == "en" else "id",
    )
    work.publish("contacts", key, "contact.changed", contact, state.contact_version)


def _spoken(said: dict[str, Any]) -> tuple[str, ContactDetails]:
    parts = {key: said.get(key) for key in ("person", "phone", "email", "language", "address")}
    return said["name"], ContactDetails(**parts)


def _tell_enrollment(
    work: UnitOfWork, state: PartnerState, listed: Profile | None, held: Sequence[Participant]
) -> None:
    newest = _newest(held)
    periods = timelines.united([p.history for p in held], listed.region if listed else None)
    kind, scale = (listed.kind, listed.scale) if listed else _unlisted(state, newest)
    fact = Enrollment(
        partner_id=str(state.partner_id),
        version=0,
        kind=kind,
        periods=periods,
        recorded_at=NEVER,
        agency=newest.agency if newest else None,
        scale=scale,
        occupation=listed.occupation if listed else None,
        cooperative_id=_cooperative(work, listed) if listed else None,
        listed_on=listed.listed_on if listed else None,
    )
    plain = msgspec.json.encode(fact)
    if plain == state.enrollment_fact:
        return
    before = _ENROLLMENT.decode(state.enrollment_fact).periods if state.enrollment_fact else None
    event = timelines.change_type(before, periods)
    state.enrollment_version, state.enrollment_fact = state.enrollment_version + 1, plain
    if listed is None and newest is not None:
        state.region = newest.region or state.region
    told = msgspec.structs.replace(fact, version=state.enrollment_version, recorded_at=work.now)
    work.publish("enrollments", str(state.partner_id), event, told, state.enrollment_version)


def _newest(held: Sequence[Participant]) -> Version | None:
    versions = [version for participant in held for version in participant.history]
    return max(versions, key=lambda version: version.effective_on, default=None)


def _unlisted(state: PartnerState, newest: Version | None) -> tuple[Kind, Scale | None]:
    if newest is None:
        last = _ENROLLMENT.decode(state.enrollment_fact or b"")
        return last.kind, last.scale
    return ("individual" if newest.segment == "BPU" else "business"), newest.scale


async def _keep_periods(work: UnitOfWork, touched: Collection[UUID]) -> None:
    changed = [p for p in touched if work.states[p].enrollment_fact is not None]
    if not changed:
        return
    await work.execute("remove_periods", changed)
    records = [
        (partner, period.start, period.until)
        for partner in changed
        for period in _ENROLLMENT.decode(work.states[partner].enrollment_fact or b"").periods
    ]
    await work.db.copy_records_to_table("period", records=records, columns=["partner_id", "start", "until"])


__all__ = ["NEVER", "Row", "fold"]
