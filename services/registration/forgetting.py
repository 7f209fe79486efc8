"""Whose dead letters of `intake` are to be deleted: by what can be read of them, as with the quarantine."""

import asyncpg
import msgspec

from services.registration import requests, traces
from services.registration.privacy import Vault
from services.registration.traces import Hashed, Trace
from services.registration.work import QUERIES
from shared.bus.redrive import Letter, Wanted
from shared.regions import Regions


async def letters_of_erased(db: asyncpg.Connection, vault: Vault, regions: Regions) -> Wanted | None:
    """Take the notes that erasure left; one such person among several is enough for a letter to go."""
    notes = await db.fetch(QUERIES["take_letters_to_forget"])
    erased = {kind: {value for note in notes for value in note[kind]} for kind in Hashed._fields}

    def wanted(letter: Letter) -> bool:
        return any(traces.tells_of(trace.hashed(vault), erased) for trace in _read(letter, regions))

    return wanted if notes else None


def _read(letter: Letter, regions: Regions) -> list[Trace]:
    """Whom the letter names; nobody where it is no JSON: that goes after its seven days."""
    try:
        data = msgspec.json.decode(letter.record.value or b"")
        return traces.of_everybody(data, regions) if isinstance(data, dict) else []
    except requests.UNREADABLE:
        return []
