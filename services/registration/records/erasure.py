"""Erasure: rows, participants, contact and all that was refused of a partner go; only its id stays, and says so."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from services.registration.identity import former_identifiers, grouping
from services.registration.identity.evidence import to_row
from services.registration.identity.grouping import Regrouping
from services.registration.identity.profile import Row
from services.registration.identity.unit_of_work import UnitOfWork
from services.registration.intake import data_subject, values
from services.registration.intake.data_subject import HashedIdentifiers

ERASED = "erased"
IDENTIFIERS = ("nib", "nik_koperasi", "nik", "name")


async def erase(work: UnitOfWork, partners: Sequence[UUID]) -> Regrouping:
    """Forget these partners (survivors' ids) in one transaction with the facts that say so."""
    await work.known(partners)
    records = await work.fetch("evidence_of_partners", list(partners))
    rows = [to_row(record) for record in records]
    names = [values.name_key(work.vault.open(record["sealed"])["name"]) for record in records]
    participants = await work.fetch("participants_of", list(partners))
    numbers = [record["participant_no"] for record in participants]
    identified: list[Row | former_identifiers.Former | _Identified] = [
        *rows,
        *(_Identified(*(record[key] for key in IDENTIFIERS)) for record in participants),
        *await former_identifiers.of(work, partners),
    ]
    found_by = (
        list({row.nib for row in identified} - {None}),
        list({row.nik_koperasi for row in identified} - {None}),
        list({row.nik for row in identified} - {None}),
        list(
            {row.name for row in identified} - {None} | {data_subject.hashed_name(work.vault, name) for name in names}
        ),
        numbers,
    )
    await work.execute("erase_from_quarantine", *found_by)
    await work.execute(
        "erase_refused", await _briefings_with(work, dict(zip(HashedIdentifiers._fields, found_by, strict=True)))
    )
    await work.execute("note_letters_to_forget", *found_by)
    await work.execute("erase_participants", numbers)
    await work.execute("erase_claimants", numbers)
    await work.execute("erase_guests", list(partners))
    regrouping = await grouping.regroup(work, [], [row.key for row in rows])
    await former_identifiers.forget(work, partners)
    for partner in partners:
        work.states[partner].status = ERASED
        work.groups[partner] = []
        work.regrouped.add(partner)
        work.moved_timelines.add(partner)
    return regrouping


async def _briefings_with(work: UnitOfWork, erased: Mapping[str, Collection[object]]) -> list[UUID]:
    """The refused briefings that one of these came to; the quarantine's columns know only of the partner."""
    found = []
    for entry in await work.fetch("refused_briefings"):
        guests = data_subject.all_of_event(data_subject.event_data(work.vault.open(entry["sealed"])), work.regions)
        if any(data_subject.is_among(guest.hashed(work.vault), erased) for guest in guests):
            found.append(entry["id"])
    return found


class _Identified:
    """The identifiers of a participant, as a row has them."""

    def __init__(self, nib: int | None, nik_koperasi: str | None, nik: UUID | None, name: UUID | None) -> None:
        self.nib, self.nik_koperasi, self.nik, self.name = nib, nik_koperasi, nik, name
