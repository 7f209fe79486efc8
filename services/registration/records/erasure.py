"""Erasure: rows, participants, contact and all that was refused of a partner go; only its id stays."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from services.registration.identity import former_identifiers, grouping
from services.registration.identity.evidence import to_row
from services.registration.identity.former_identifiers import FormerIdentifiers
from services.registration.identity.profile import Row
from services.registration.identity.regrouping import Touched
from services.registration.identity.unit_of_work import UnitOfWork
from services.registration.intake import data_subject
from services.registration.intake.cells import names
from services.registration.intake.commands import ErasePartner
from services.registration.intake.data_subject import HashedIdentifiers
from services.registration.orders import Accepted, Effect, Order, Outcome


@dataclass(frozen=True, slots=True)
class _Identifiers:
    """The identifiers of a participant, as a row has them."""

    nib: int | None
    nik_koperasi: str | None
    nik: UUID | None
    name: UUID | None


async def erase(work: UnitOfWork, orders: Sequence[Order[ErasePartner]]) -> tuple[list[Outcome], Touched]:
    """Erase these partners (survivors' ids) in one transaction with the facts that say so."""
    partners = [UUID(order.command.partner_id) for order in orders]
    await work.load_states(partners)
    evidence = await work.fetch("evidence_of_partners", partners)
    participants = await work.fetch("participants_of", partners)
    rows = [to_row(record) for record in evidence]
    identified: list[Row | FormerIdentifiers | _Identifiers] = [
        *rows,
        *map(_identifiers, participants),
        *await former_identifiers.of(work, partners),
    ]
    numbers = [record["participant_no"] for record in participants]
    hashed_of_all = hashed(identified, plain_names(work, evidence), numbers)
    await _erase_refused(work, hashed_of_all)
    await work.execute("erase_participants", numbers)
    await work.execute("drop_versions_about", numbers)
    await work.execute("erase_claimants", numbers)
    await work.execute("erase_guests", partners)
    numbers_held = [list({getattr(each, k) for each in identified} - {None}) for k in ("nib", "nik_koperasi", "nik")]
    await work.execute("erase_decided", [row.key for row in rows], *numbers_held)
    await work.execute("erase_cases", [str(partner) for partner in partners], numbers)
    by_identifiers = [hashed_of_all[kind] for kind in ("nib", "nik_koperasi", "nik", "name")]
    await work.execute("erase_versions", None, [row.key for row in rows], *by_identifiers)
    _, touched = await grouping.regroup(work, [], [row.key for row in rows])
    await former_identifiers.erase(work, partners)
    await work.execute("erase_changes", partners)
    for partner in partners:
        work.erase(partner)
    return [Accepted(Effect.ERASED, partner) for partner in partners], touched


def _identifiers(participant: asyncpg.Record) -> _Identifiers:
    return _Identifiers(participant["nib"], participant["nik_koperasi"], participant["nik"], participant["name"])


def plain_names(work: UnitOfWork, evidence: Sequence[asyncpg.Record]) -> set[UUID]:
    """The hashes of the names without their regions: what is refused is kept under those where it has no region."""
    keys = [names.name_key(work.vault.open(record["sealed"])["name"]) for record in evidence]
    return {data_subject.hashed_name(work.vault, key) for key in keys}


def hashed(
    identified: Sequence[Row | FormerIdentifiers | _Identifiers], names: set[UUID], numbers: list[str]
) -> Mapping[str, list[object]]:
    """All identifiers of the erased by kind, in the order of `HashedIdentifiers`."""
    kinds: dict[str, list[object]] = {
        kind: list({getattr(each, kind) for each in identified} - {None}) for kind in ("nib", "nik_koperasi", "nik")
    }
    all_names = {each.name for each in identified} - {None} | names
    return kinds | {"name": list(all_names), "participant_no": list(numbers)}


async def _erase_refused(work: UnitOfWork, erased: Mapping[str, list[object]]) -> None:
    """Erase what is kept of them among the refused, and note what is to be deleted from Kafka."""
    found_by = [erased[kind] for kind in HashedIdentifiers._fields]
    await work.execute("erase_from_quarantine", *found_by)
    await work.execute("erase_refused", await _briefings_with(work, erased))
    await work.execute("add_dead_letters_to_erase", *found_by)
    await work.execute("note_intake_erasure")
    await work.execute("drop_previews")


async def _briefings_with(work: UnitOfWork, erased: Mapping[str, Collection[object]]) -> list[UUID]:
    """The refused briefings that one of these attended; the quarantine's columns know only of the partner."""
    found = []
    for entry in await work.fetch("refused_briefings"):
        guests = data_subject.all_of_event(data_subject.event_data(work.vault.open(entry["sealed"])), work.regions)
        if any(data_subject.is_among(guest.hashed(work.vault), erased) for guest in guests):
            found.append(entry["id"])
    return found
