"""Reads the data of one agency's events: what each asks for, or why it is refused."""

from typing import Any, Final

import msgspec

from services.registration.intake import health_data
from services.registration.intake.commands import Command
from services.registration.intake.contexts import EventContext
from services.registration.intake.event_types import READERS
from services.registration.intake.known_fields import unknown_field
from services.registration.intake.values import Refusal, Refused

UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding raises for bytes that are no JSON, or nested beyond reason."""


class EventReader:
    """Reads events' data for one agency."""

    def __init__(self, context: EventContext) -> None:
        self._context = context

    def read(self, event_type: Any, data: Any) -> Command | Refusal:
        """What the event asks for, or the first thing that is wrong with it."""
        reader = READERS.get(event_type) if isinstance(event_type, str) else None
        if reader is None:
            return Refusal("unknown_type", "type", "There is no event type of this name.")
        if not isinstance(data, dict):
            return Refusal("missing_field", "data", "The event has no data object.")
        if not (event_type.startswith("claim.") and health_data.is_in(data)):
            unknown = unknown_field(event_type, data)
            if unknown is not None:
                return unknown
        try:
            return reader(data, self._context)
        except Refused as refused:
            return refused.refusal
