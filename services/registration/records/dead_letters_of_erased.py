"""Which dead letters of `intake` are to be deleted: those in which an erased person can be read."""

import asyncpg
import msgspec

from services.registration.intake import data_subject
from services.registration.intake.data_subject import DataSubject, HashedIdentifiers
from services.registration.intake.event_reader import UNREADABLE
from services.registration.queries import queries
from services.registration.vault import Vault
from shared.bus.dead_letters import DeadLetter, Matches
from shared.regions import Regions


async def dead_letters_of_erased(db: asyncpg.Connection, vault: Vault, regions: Regions) -> Matches | None:
    """Take the notes that erasures left, in the caller's transaction; None if there are none.

    A dead letter that names several persons is deleted if one of them was erased.
    """
    notes = await db.fetch(queries["take_dead_letters_to_erase"])
    erased = {kind: {value for note in notes for value in note[kind]} for kind in HashedIdentifiers._fields}

    def is_of_erased(dead_letter: DeadLetter) -> bool:
        subjects = _data_subjects(dead_letter, regions)
        return any(data_subject.is_among(subject.hashed(vault), erased) for subject in subjects)

    return is_of_erased if notes else None


def _data_subjects(dead_letter: DeadLetter, regions: Regions) -> list[DataSubject]:
    """Whom the dead letter names; nobody where it is no JSON: such a one is deleted with its topic's retention."""
    try:
        data = msgspec.json.decode(dead_letter.record.value or b"")
        return data_subject.all_of_event(data, regions) if isinstance(data, dict) else []
    except UNREADABLE:
        return []
