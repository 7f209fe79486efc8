"""Every touched partner is loaded, its facts are derived, and those that are new are published."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from services.registration.identity.authority import Authority
from services.registration.identity.evidence import to_row
from services.registration.identity.partner_state import PartnerState
from services.registration.identity.profile import Row
from services.registration.identity.unit_of_work import UnitOfWork
from services.registration.intake.commands import ContactDetails
from services.registration.records import changes, derivation, fact_limits, participants
from services.registration.records.changes import Change
from services.registration.records.derivation import ENROLLMENT, Derived, NewContact, PartnerView
from services.registration.records.disputes import Disputes
from services.registration.records.list_movements import ListMovements
from services.registration.records.participants import Participant
from shared.database import columns
from shared.events.contacts import Contact
from shared.jakarta import day_of
from shared.turns import in_turns


async def publish(work: UnitOfWork) -> set[UUID]:
    """Derive the facts of every touched partner and publish what is new; returns the touched partners."""
    touched = await _touched(work)
    await _load_rows(work)
    await _load_personal(work)
    await work.load_agencies(touched)
    disputes = Disputes(work)
    by_partner = await participants.of_partners(work, touched)
    answering = await _answering(work, by_partner)
    found: list[Change] = []
    counts = ListMovements()
    went, today = _went(work), day_of(work.now)
    async with work.adding_meanwhile():
        async for partner in in_turns(sorted(touched)):
            work.resolve_merge(partner)
            state = work.states[partner]
            if not (state.is_new and state.status == "merged"):
                authority = work.authority(partner) if state.is_active and work.rows.get(partner) else None
                if partner in work.regrouped:
                    disputes.note(partner, authority)
                person = _person(work, work.rows.get(partner, ())) if partner in work.regrouped else None
                new = _derive(work, state, authority, by_partner.get(partner, ()), answering, person)
                if (refusal := fact_limits.misfit(new)) is None:
                    if changes.may_be_any(state, new, work.split):
                        found += changes.of(state, new, today, work.split, went.get(partner, frozenset()))
                    counts.add(state, new)
                    _publish(work, state, new, person)
                else:  # the last facts hold, and the unit of work has why
                    work.misfits[partner] = refusal
    await disputes.save()
    await _keep_changes(work, found)
    await _keep_periods(work, touched)
    await _keep_counts(work, touched, counts, by_partner)
    return touched


async def _touched(work: UnitOfWork) -> set[UUID]:
    """The partners whose facts may change, with their states loaded."""
    if work.merged:
        survivors = work.survivors()
        members = await work.fetch("move_cooperatives", list(survivors), list(survivors.values()))
        work.reload_rows(row["partner_id"] for row in members)
        # Ids merged earlier into one merged now answer as its survivor.
        earlier = [row["partner_id"] for row in await work.fetch("merged_earlier", list(survivors))]
        work.derive_again(earlier)
        through = await work.fetch("enrolled_through", [*survivors, *earlier])
        work.enrol_again(row["partner_id"] for row in through)
    touched = work.regrouped | work.reenrolled
    await work.load_states(touched)
    return touched


async def _answering(work: UnitOfWork, by_partner: Mapping[UUID, Sequence[Participant]]) -> dict[UUID, UUID]:
    """The id that answers now for each cooperative through which these were enrolled."""
    histories = [each.history for own in by_partner.values() for each in own]
    channels = {version.channel for history in histories for version in history} - {None}
    records = await work.fetch("survivors", list(channels)) if channels else ()
    return {record["asked"]: record["partner_id"] for record in records}


async def _load_rows(work: UnitOfWork) -> None:
    """The rows of regrouped partners that are not here yet, with their personal details."""
    rows: dict[UUID, list[Row]] = {
        partner: [] for partner in work.regrouped if partner not in work.rows and work.states[partner].is_active
    }
    for record in await work.fetch("evidence_of_partners", list(rows)) if rows else ():
        rows[record["partner_id"]].append(to_row(record))
        work.keep_personal({record["key"]: work.vault.open(record["sealed"])})
    work.keep_rows(rows)


async def _load_personal(work: UnitOfWork) -> None:
    """The personal details in every row of the regrouped partners."""
    keys = [row.key for partner in work.regrouped for row in work.rows.get(partner, ())]
    missing = [key for key in keys if key not in work.personal]
    records = await work.fetch("sealed_evidence", missing) if missing else ()
    work.keep_personal({record["key"]: work.vault.open(record["sealed"]) for record in records})


def _derive(
    work: UnitOfWork,
    state: PartnerState,
    authority: Authority | None,
    held: Iterable[Participant],
    answering: Mapping[UUID, UUID],
    person: str | None,
) -> Derived:
    partner = state.partner_id
    rows, rows_changed = work.rows.get(partner, []), partner in work.regrouped
    counting = authority.counting if authority and rows_changed else ()
    contacts = [_contact_of(work.personal[row.key]) for row in counting]
    view = PartnerView(state, rows, rows_changed, contacts, [participant.history for participant in held], authority)

    def digest(name: str, details: ContactDetails) -> UUID:
        reached = f"{details.person}\x1f{details.phone}\x1f{details.email}\x1f{details.language}"
        reached += f"\x1f{person}" if person else ""
        return work.vault.hash_text(f"contact\x1f{partner}\x1f{name}\x1f{reached}")

    return derivation.derive(view, lambda each: work.current(answering.get(each, each)), digest)


def _contact_of(personal: dict[str, Any]) -> tuple[str, ContactDetails]:
    get = personal.get
    return personal["name"], ContactDetails(get("person"), get("phone"), get("email"), get("language"), get("address"))


def _publish(work: UnitOfWork, state: PartnerState, new: Derived, person: str | None) -> None:
    key, now = str(state.partner_id), work.now
    state.region = new.region
    if new.contact is not None:
        state.contact_version, state.contact_digest = state.contact_version + 1, new.contact.digest
        contact = _contact(work, state, new.contact, person)
        work.publish("contacts", key, "contact.changed", contact, state.contact_version)
    if new.partner is not None:
        state.version, state.fact = state.version + 1, new.partner.stored
        state.listed_on = new.partner.fact.listed_on
        partner = msgspec.structs.replace(new.partner.fact, version=state.version, recorded_at=now)
        work.publish("partners", key, new.partner.type, partner, state.version)
    if new.enrollment is not None:
        state.enrollment_version, state.enrollment_fact = state.enrollment_version + 1, new.enrollment.stored
        timeline = msgspec.structs.replace(new.enrollment.fact, version=state.enrollment_version, recorded_at=now)
        work.publish("enrollments", key, new.enrollment.type, timeline, state.enrollment_version)


def _person(work: UnitOfWork, rows: Iterable[Row]) -> str | None:
    """A hash that stands for the one NIK in these rows, under a key of its own kind: it looks nothing up."""
    niks = {row.nik for row in rows if row.nik is not None}
    return str(work.vault.hash_text(f"person\x1f{niks.pop()}")) if len(niks) == 1 else None


def _contact(work: UnitOfWork, state: PartnerState, new: NewContact, person: str | None) -> Contact | None:
    if new.contact is None:
        return None
    name, details = new.contact
    return Contact(
        partner_id=str(state.partner_id),
        version=state.contact_version,
        name=name,
        recorded_at=work.now,
        contact_person=details.person,
        phone=details.phone,
        email=details.email,
        language="en" if details.language == "en" else "id",
        person_key=person,
    )


def _went(work: UnitOfWork) -> dict[UUID, frozenset[str]]:
    """Partner → the agencies of what was split from it."""
    found: dict[UUID, frozenset[str]] = {}
    for new, origin in work.split.items():
        found[origin] = found.get(origin, frozenset()) | {row.agency for row in work.rows.get(new, ())}
    return found


async def _keep_changes(work: UnitOfWork, found: Collection[Change]) -> None:
    records = [
        (each.agency, each.partner, each.what, each.since, each.other, _refs(work, each), work.now) for each in found
    ]
    names = ("agency", "partner_id", "what", "since", "other", "refs", "recorded_at")
    await work.insert("change", records, names)


def _refs(work: UnitOfWork, change: Change) -> list[str] | None:
    """The agency's refs, where no row has them any more; those of other changes are read with the change."""
    if change.what not in ("delisted", "erased"):
        return None
    return sorted(work.left.get((change.partner, change.agency), ()))


async def _keep_periods(work: UnitOfWork, partners: Collection[UUID]) -> None:
    """The published periods of these partners, for counting by SQL."""
    enrolled = [partner for partner in partners if work.states[partner].enrollment_fact is not None]
    if not enrolled:
        return
    await work.execute("remove_periods", enrolled)
    records = [
        (partner, period.start, period.until)
        for partner in enrolled
        for period in ENROLLMENT.decode(work.states[partner].enrollment_fact or b"").periods
    ]
    await work.db.copy_records_to_table("period", records=records, columns=["partner_id", "start", "until"])


async def _keep_counts(
    work: UnitOfWork,
    partners: Collection[UUID],
    counts: ListMovements,
    by_partner: Mapping[UUID, Sequence[Participant]],
) -> None:
    """What is counted of lists, and which of these partners several participants belong to."""
    if records := counts.records():
        await work.execute("add_list_movements", *columns(records))
    several = [partner for partner, own in by_partner.items() if len(own) > 1 and any(each.is_found for each in own)]
    known = [partner for partner in partners if not work.states[partner].is_new]
    if several or (known and await work.there_are("partners_with_several")):
        await work.execute("keep_partners_with_several", known, several)
        work.added("partners_with_several")
