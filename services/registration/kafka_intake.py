"""Agencies that write to Kafka themselves: the same events as over HTTP, each agency on its own topic `intake.SLUG`.

A record does not say who wrote it, but Kafka lets an agency write its own topic alone: the topic is the sender. What is
refused is kept in the agency's quarantine, as over HTTP. What is no event at all goes to the topic's dead letters.
"""

from typing import Any

import asyncpg
import msgspec

from services.registration.intake import jurisdiction
from services.registration.intake.contexts import EventContext
from services.registration.intake.event_reader import UNREADABLE, EventReader
from services.registration.queries import queries
from services.registration.runtime import Services
from services.registration.writer import cloudevents, envelopes
from services.registration.writer.submissions import Events
from shared.bus import unreadable_batches
from shared.bus.batch import Batch
from shared.bus.principals import INTAKE_PREFIX
from shared.bus.records import Record, header

FORMER_KEY = "payung-key"
"""The header in which a record of the former topic carries an API key; dead letters do not keep it."""

NO_EVENT = "malformed: no CloudEvent with JSON, neither in binary nor in structured mode"


class KafkaIntake:
    """Handles the agencies' topics, and what is left in the topic that they shared once."""

    def __init__(self, here: Services) -> None:
        self._here = here

    async def on_intake(self, batch: Batch, db: asyncpg.Connection) -> None:
        """Take the agency's records whole, within the transaction that moves the topic's offsets.

        What the agency may do and where is read in this transaction: a change holds at once.
        """
        agency = batch.topic.removeprefix(INTAKE_PREFIX)
        rights = await db.fetchrow(queries["agency"], agency)
        events = []
        for record in batch.records:
            event = _event(record)
            if rights is None:
                batch.reject(record, "unauthorized: there is no agency of this topic's name")
            elif event is None:
                batch.reject(record, _no_event(record))
            else:
                events.append(event)
        if rights is not None and events:
            submission = self._submission(agency, tuple(rights["regions"]), set(rights["scopes"]), events)
            await self._here.writer.inside(db, [submission])

    async def on_former_intake(self, batch: Batch, _: asyncpg.Connection) -> None:
        """Refuse what was written before every agency got its own topic: nobody can say any more whose it is."""
        for record in batch.records:
            headers = tuple((name, value) for name, value in record.headers if name != FORMER_KEY)
            reason = "unauthorized: the topic intake is closed; agencies write to intake.SLUG"
            batch.reject(msgspec.structs.replace(record, headers=headers), reason)

    def _submission(self, agency: str, regions: tuple[str, ...], scopes: set[str], events: list[Any]) -> Events:
        reader = EventReader(EventContext(jurisdiction.shared(self._here.regions, regions), self._here.jkp))
        return Events(agency, regions, envelopes.items(events, agency, reader, self._here.vault, scopes.__contains__))


def _no_event(record: Record) -> str:
    """Why a record without an event is a dead letter."""
    return unreadable_batches.REASON if header(record.headers, unreadable_batches.UNREADABLE) else NO_EVENT


def _event(record: Record) -> Any:
    """The record as a structured event; None for a tombstone, for what is no JSON, and for JSON without an event.

    Names of headers are taken in any case, as HTTP's are.
    """
    headers = {name.lower(): (value or b"").decode(errors="replace") for name, value in record.headers}
    try:
        if cloudevents.media_type(headers.get("content-type", "")) == cloudevents.ONE:
            event = msgspec.json.decode(record.value or b"")
            return event if isinstance(event, dict) else None
        attributes = [(name.removeprefix("ce_"), text) for name, text in headers.items() if name.startswith("ce_")]
        return cloudevents.from_binary(attributes, record.value) if attributes and record.value else None
    except UNREADABLE:
        return None
