"""Whose dead letters of `intake` are to be deleted: by what can be read of them, as with the quarantine."""

import asyncpg
import msgspec

from services.registration.intake import data_subject
from services.registration.intake.data_subject import Hashed, Trace
from services.registration.queries import queries
from services.registration.vault import Vault
from services.registration.writer import envelopes
from shared.bus.dead_letters import DeadLetter, Matches
from shared.regions import Regions


async def letters_of_erased(db: asyncpg.Connection, vault: Vault, regions: Regions) -> Matches | None:
    """Take the notes that erasure left; one such person among several is enough for a letter to go."""
    notes = await db.fetch(queries["take_letters_to_forget"])
    erased = {kind: {value for note in notes for value in note[kind]} for kind in Hashed._fields}

    def matches(letter: DeadLetter) -> bool:
        return any(data_subject.tells_of(trace.hashed(vault), erased) for trace in _read(letter, regions))

    return matches if notes else None


def _read(letter: DeadLetter, regions: Regions) -> list[Trace]:
    """Whom the letter names; nobody where it is no JSON: that goes after its seven days."""
    try:
        data = msgspec.json.decode(letter.record.value or b"")
        return data_subject.of_everybody(data, regions) if isinstance(data, dict) else []
    except envelopes.UNREADABLE:
        return []
