"""Agencies that write to the topic `intake` themselves: the same events, identified by the API key in a header.

The key stands in the header `payung-key`. A record without a good one goes to the dead letters; what is refused for any
other reason is kept in the agency's quarantine, as over HTTP.
"""

from collections import defaultdict
from typing import Any

import asyncpg
import msgspec

from services.registration.intake.contexts import EventContext
from services.registration.intake.event_reader import UNREADABLE, EventReader
from services.registration.intake.jurisdiction import Jurisdiction
from services.registration.runtime import Services
from services.registration.writer import envelopes
from services.registration.writer.submissions import Events
from shared.bus.batch import Batch
from shared.bus.records import Record, header
from shared.security import Principal

KEY = "payung-key"


class DirectIntake:
    """Handles the topic `intake`."""

    def __init__(self, here: Services) -> None:
        self._here = here

    async def on_intake(self, batch: Batch, db: asyncpg.Connection) -> None:
        """Take each agency's records whole, within the transaction that moves the topic's offsets."""
        sent: dict[str, list[Any]] = defaultdict(list)
        speakers: dict[str, Principal] = {}
        for record in batch.records:
            principal = await self._speaker(record)
            event = _event(record)
            if principal is None or principal.agency is None:
                batch.reject(record, "unauthorized: no good key in the header payung-key")
            elif event is None:
                batch.reject(record, "malformed: not a CloudEvent in binary mode with JSON data")
            elif not all(principal.may(scope) for scope in envelopes.scopes_needed([event])):
                batch.reject(record, "forbidden: the key lacks the scope of this type")
            else:
                sent[principal.agency].append(event)
                speakers[principal.agency] = principal
        await self._here.writer.inside(db, [self._submission(speakers[name], sent[name]) for name in sorted(sent)])

    async def _speaker(self, record: Record) -> Principal | None:
        secret = header(record.headers, KEY)
        return await self._here.keys.principal(secret) if secret else None

    def _submission(self, principal: Principal, events: list[Any]) -> Events:
        agency = str(principal.agency)
        reader = EventReader(EventContext(Jurisdiction(self._here.regions, principal.regions), self._here.jkp))
        return Events(agency, principal.regions, envelopes.items(events, agency, reader, self._here.vault))


def _event(record: Record) -> dict[str, Any] | None:
    """The record as the structured event it stands for; None for a tombstone or what is no JSON."""
    try:
        data = msgspec.json.decode(record.value or b"")
    except UNREADABLE:
        return None
    names = {"specversion": "ce_specversion", "id": "ce_id", "source": "ce_source", "type": "ce_type"}
    envelope = {name: header(record.headers, key) for name, key in names.items()}
    return {name: value for name, value in envelope.items() if value} | {"data": data}
