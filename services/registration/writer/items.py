"""One event of a request on its way through the writer."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.registration.intake.commands import Command
from services.registration.intake.values import Refusal
from shared.refusals import NoteCode


@dataclass(slots=True)
class Item:
    """One event of a request: as sent, what it asks for or why not, and what identifies it."""

    index: int
    id: str | None
    source: str | None
    type: str | None
    raw: Any
    command: Command | Refusal
    key: UUID | None = None
    content: UUID | None = None
    refusal: Refusal | None = None
    duplicate: bool = False
    twin_of: "Item | None" = None
    partner: UUID | None = None
    notes: tuple[NoteCode, ...] = ()
    member: int | None = None
    """Which of the event's members it is, from 0; None for an event without members."""

    @property
    def is_due(self) -> bool:
        """Whether nothing speaks against doing what it asks for, so far."""
        return self.refusal is None and not self.duplicate and not isinstance(self.command, Refusal)
